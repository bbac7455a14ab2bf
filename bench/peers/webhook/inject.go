package main

import (
	"context"
	"encoding/json"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const (
	assumeRole = "rolechain.io/assume-role"
	name       = "rolechain"
	folder     = "/var/run/secrets/rolechain.io"
)

type injector struct {
	accounts client.Reader
	decoder  admission.Decoder
}

func (i *injector) Handle(ctx context.Context, request admission.Request) admission.Response {
	pod := &corev1.Pod{}
	if err := i.decoder.Decode(request, pod); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	key := client.ObjectKey{Namespace: request.Namespace, Name: pod.Spec.ServiceAccountName}
	if key.Name == "" {
		key.Name = "default"
	}
	account := &corev1.ServiceAccount{}
	if err := i.accounts.Get(ctx, key, account); apierrors.IsNotFound(err) {
		return admission.Allowed("no such account")
	} else if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	role := account.Annotations[assumeRole]
	if role == "" {
		return admission.Allowed("not annotated")
	}
	inject(pod, role)
	after, err := json.Marshal(pod)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, after)
}

func inject(pod *corev1.Pod, role string) {
	for index := range pod.Spec.InitContainers {
		give(&pod.Spec.InitContainers[index])
	}
	for index := range pod.Spec.Containers {
		give(&pod.Spec.Containers[index])
	}
	pod.Spec.InitContainers = append([]corev1.Container{sidecar(role)}, pod.Spec.InitContainers...)
	pod.Spec.Volumes = append(pod.Spec.Volumes, tokens(), identity())
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations["rolechain.io/status"] = `{"roles":["default"]}`
}

func give(container *corev1.Container) {
	set := map[string]bool{}
	for _, variable := range container.Env {
		set[variable.Name] = true
	}
	for _, variable := range []corev1.EnvVar{
		{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: "http://127.0.0.1:28173/v1/credentials/default"},
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: folder + "/default/token"},
		{Name: "AWS_REGION", Value: "eu-central-1"},
		{Name: "AWS_DEFAULT_REGION", Value: "eu-central-1"},
		{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"},
		{Name: "AWS_EC2_METADATA_DISABLED", Value: "true"},
	} {
		if !set[variable.Name] {
			container.Env = append(container.Env, variable)
		}
	}
	mount := corev1.VolumeMount{Name: name, MountPath: folder + "/default", SubPath: "default", ReadOnly: true}
	container.VolumeMounts = append(container.VolumeMounts, mount)
}

func sidecar(role string) corev1.Container {
	configuration, _ := json.Marshal(map[string]any{"version": 1, "roles": map[string]string{"default": role}})
	return corev1.Container{
		Name:          name,
		Image:         "registry.example/rolechain/sidecar:0.1.0",
		RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways),
		Env: []corev1.EnvVar{
			{Name: "ROLECHAIN_CONFIG", Value: string(configuration)},
			{Name: "POD_NAME", ValueFrom: field("metadata.name")},
			{Name: "POD_IP", ValueFrom: field("status.podIP")},
		},
		VolumeMounts: []corev1.VolumeMount{
			{Name: name, MountPath: folder},
			{Name: name + "-identity", MountPath: "/var/run/secrets/identity", ReadOnly: true},
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr.To(false),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			ReadOnlyRootFilesystem:   ptr.To(true),
			RunAsNonRoot:             ptr.To(true),
			SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		StartupProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"/probe"}}},
			PeriodSeconds: 1,
		},
	}
}

func field(path string) *corev1.EnvVarSource {
	return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
}

func tokens() corev1.Volume {
	memory := &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: memory}}
}

func identity() corev1.Volume {
	token := &corev1.ServiceAccountTokenProjection{
		Audience: "sts.amazonaws.com", ExpirationSeconds: ptr.To[int64](86400), Path: "token",
	}
	sources := []corev1.VolumeProjection{{ServiceAccountToken: token}}
	return corev1.Volume{
		Name:         name + "-identity",
		VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: sources}},
	}
}
