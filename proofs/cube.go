package proofs

import (
	"context"

	"multigrade/proofs/internal/cube"
)

// CubeNetworkFile holds the explicit networks of a scheme.
const CubeNetworkFile = cube.NetworkFile

// CheckCube checks what approx.json of a run claims about a constructive scheme on
// the whole cube [0,1]^d. The error is ctx's.
func CheckCube(ctx context.Context, dir string) (Report, error) { return cube.Check(ctx, dir) }

// CheckTrainedCube checks what trained.json of a run claims about a trained scheme
// on the whole cube. The error is ctx's.
func CheckTrainedCube(ctx context.Context, dir string) (Report, error) {
	return cube.CheckTrained(ctx, dir)
}
