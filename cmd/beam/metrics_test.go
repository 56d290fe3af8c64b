package main

import (
	"testing"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
)

// What a worker says of its bundles has no metrics by short names.
func TestMetricsDropped(t *testing.T) {
	data, infos := map[string][]byte{"1": {1}}, []*pipepb.MonitoringInfo{{Urn: "x"}}
	bundle := &fnpb.ProcessBundleResponse{MonitoringData: data, MonitoringInfos: infos, RequiresFinalization: true}
	progress := &fnpb.ProcessBundleProgressResponse{MonitoringData: data, MonitoringInfos: infos}
	dropMetrics(&fnpb.InstructionResponse{Response: &fnpb.InstructionResponse_ProcessBundle{ProcessBundle: bundle}})
	dropMetrics(&fnpb.InstructionResponse{Response: &fnpb.InstructionResponse_ProcessBundleProgress{ProcessBundleProgress: progress}})
	dropMetrics(nil)
	if len(bundle.MonitoringData)+len(bundle.MonitoringInfos)+len(progress.MonitoringData)+len(progress.MonitoringInfos) != 0 {
		t.Errorf("%v, %v", bundle, progress)
	}
	if !bundle.RequiresFinalization {
		t.Error("more than the metrics is dropped")
	}
}
