// A mutating webhook for Pods on sigs.k8s.io/controller-runtime, in the way that its documentation shows: a typed Pod
// is decoded, changed and given to PatchResponseFromRaw; ServiceAccounts come from the manager's cache. It does what
// such webhooks do, and less than ours: it reads no chain, judges no conflict and knows no other injector.
//
//	webhook -kubeconfig FILE -certs DIR -port PORT -probe PORT
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func main() {
	certs := flag.String("certs", "", "folder of tls.crt and tls.key")
	port := flag.Int("port", 0, "port of the webhook")
	probe := flag.Int("probe", 0, "port of /readyz")
	flag.Parse()
	ctrl.SetLogger(klog.Background())
	if err := serve(*certs, *port, *probe); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(certs string, port, probe int) error {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme,
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "127.0.0.1:" + strconv.Itoa(probe),
		WebhookServer:          webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certs}),
		Cache: cache.Options{
			// The memory that a careful author saves: nothing but the annotations is read.
			ByObject: map[client.Object]cache.ByObject{&corev1.ServiceAccount{}: {Transform: onlyAnnotations}},
		},
	})
	if err != nil {
		return err
	}
	// Asked for once, so that the cache fills before the first review.
	ctx := ctrl.SetupSignalHandler()
	if _, err := manager.GetCache().GetInformer(ctx, &corev1.ServiceAccount{}); err != nil {
		return err
	}
	ready := func(request *http.Request) error {
		if !manager.GetCache().WaitForCacheSync(request.Context()) {
			return fmt.Errorf("the cache is not there")
		}
		return manager.GetWebhookServer().StartedChecker()(request)
	}
	if err := manager.AddReadyzCheck("ready", ready); err != nil {
		return err
	}
	injector := &injector{accounts: manager.GetClient(), decoder: admission.NewDecoder(scheme)}
	manager.GetWebhookServer().Register("/mutate", &webhook.Admission{Handler: injector})
	return manager.Start(ctx)
}

func onlyAnnotations(object any) (any, error) {
	if account, ok := object.(*corev1.ServiceAccount); ok {
		account.ManagedFields, account.Labels, account.OwnerReferences = nil, nil, nil
		account.Secrets, account.ImagePullSecrets = nil, nil
	}
	return object, nil
}
