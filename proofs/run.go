package proofs

import (
	"context"

	"multigrade/proofs/internal/run"
)

// RunOptions say where the checker finds what is not in the run directory. The
// zero value goes by manifest.json and knows no embedded data.
type RunOptions = run.Options

// CheckRun checks everything a run directory claims. The error is for what
// prevents checking (a run directory or data file that cannot be read, ctx
// ended); what is wrong with the run is in the report.
func CheckRun(ctx context.Context, dir string, o RunOptions) (Report, error) {
	return run.Check(ctx, dir, o)
}
