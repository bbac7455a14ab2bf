{{- /* Made from manifests/base/settings.yaml by `pnpm generate`: edit that, or scripts/generate/chart/templates.ts. */ -}}

{{- /* An image of the registry, by digest where values have one, else by tag. */ -}}
{{- define "rolechain.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{ $root.Values.image.registry }}/{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* The text that the webhook reads. */ -}}
{{- define "rolechain.settings" -}}
# Pin it by digest: this image sees the credentials of every injected pod.
sidecarImage: {{ include "rolechain.image" (list . .Values.image.sidecar) }}
# Default Region of the containers and of STS; without it, that of the webhook's node.
# region: eu-central-1
# For {cluster} in session names.
# cluster: my-cluster
{{- if .Values.certManager.enabled }}
certDir: /etc/rolechain-tls
certificateSecret: rolechain-webhook-cert-manager
{{- end }}
{{- with .Values.settings }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The same without any value: a first install with it needs no checksum. */ -}}
{{- define "rolechain.defaultSettings" -}}
# Pin it by digest: this image sees the credentials of every injected pod.
sidecarImage: registry.example/rolechain/sidecar:0.1.0
# Default Region of the containers and of STS; without it, that of the webhook's node.
# region: eu-central-1
# For {cluster} in session names.
# cluster: my-cluster
conflicts: refuse
{{- end }}
