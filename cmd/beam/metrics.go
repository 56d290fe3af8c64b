package main

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// withoutMetrics names a hook of worker processes that keeps Beam's metrics of bundles to
// themselves. Each process has its own short names for them, and Prism one table of short
// names for all the workers of a job: it panics where it reads a count as a distribution.
const withoutMetrics = "multigrade:hook:metrics:drop"

func init() {
	hooks.RegisterHook(withoutMetrics, func([]string) hooks.Hook {
		return hooks.Hook{Resp: func(_ context.Context, _ *fnpb.InstructionRequest, r *fnpb.InstructionResponse) error {
			dropMetrics(r)
			return nil
		}}
	})
}

func dropMetrics(r *fnpb.InstructionResponse) {
	if b := r.GetProcessBundle(); b != nil {
		b.MonitoringData, b.MonitoringInfos = nil, nil
	}
	if p := r.GetProcessBundleProgress(); p != nil {
		p.MonitoringData, p.MonitoringInfos = nil, nil
	}
}

// enableWithoutMetrics enables the hook, in a worker process before it begins.
func enableWithoutMetrics() error {
	err := hooks.EnableHook(withoutMetrics)
	hooks.SerializeHooksToOptions()
	return err
}
