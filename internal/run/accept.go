package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"multigrade/proofs"
)

// errRefused is what the checker has against a run that was just written.
type errRefused struct{ claim proofs.Claim }

func (e *errRefused) Error() string {
	return fmt.Sprintf("the checker does not accept the run: %s, %s (%s): %s", e.claim.Verdict, e.claim.Name, e.claim.Scope, e.claim.Detail)
}

// Refused says that the error is what the checker has against a run that was just written.
func Refused(err error) bool {
	var refused *errRefused
	return errors.As(err, &refused)
}

// accept asks the checker, which shares no code with what wrote the run in the
// folder, whether everything the run claims holds, and returns what it said. An error that is
// not errRefused kept it from answering. data and test are as in proofs.RunOptions.
func accept(ctx context.Context, folder, data, test string) (*proofs.Report, error) {
	r, err := proofs.CheckRun(ctx, folder, proofs.RunOptions{Data: data, Test: test, Embedded: EmbeddedData})
	if err != nil {
		return nil, fmt.Errorf("the run cannot be checked: %w", err)
	}
	for _, c := range r.Claims {
		if c.Verdict != proofs.Valid && c.Verdict != proofs.Unchecked {
			return nil, &errRefused{c}
		}
	}
	// the lock and the checkpoint, which are gone when it is published
	r.Claims = slices.DeleteFunc(r.Claims, func(c proofs.Claim) bool {
		return c.Verdict == proofs.Unchecked && c.Name == proofs.ClaimFile
	})
	return &r, nil
}
