package run

import (
	"fmt"
	"strconv"

	"multigrade/proofs/internal/verdict"
)

// heldOut is the split of ledger rows about rows held out in cross-validation: scores
// of other networks than the model's, which a run does not hold.
const heldOut = "cv"

// crossValidated takes the rows of cross-validated scores out of the ledger, behind
// every grade that the plan has, and names them as not checked. What stands in them
// is the plan's.
func (r *runChecker) crossValidated() {
	plan, ok := r.manifest.Plan.(map[string]any)
	if !ok {
		return
	}
	output := "1"
	if r.model.outputs() > 1 {
		output = allOutputs
	}
	choices, _ := plan["choices"].([]any)
	for k := 0; k <= min(len(choices), len(r.model.Grades)); k++ {
		row, ok := r.ledger[ledgerKey(k, heldOut, output)]
		if !ok {
			continue
		}
		delete(r.ledger, ledgerKey(k, heldOut, output))
		score, _ := plan["before"].(map[string]any)
		if k > 0 {
			score, _ = choices[k-1].(map[string]any)
		}
		scope := fmt.Sprintf("grade %d %s", k, heldOut)
		if err := row.scores(plan, score); err != nil {
			r.judge(ClaimLedger, scope, "", err)
			continue
		}
		r.report.Add(ClaimLedger, scope, verdict.Unchecked, "scores of networks that are not in the run, as in plan")
	}
}

// scores compares the row with the plan; what a score does not tell is empty.
func (r ledgerRow) scores(plan, score map[string]any) error {
	told := map[string]any{"rows": plan["rows"], "l2": score["l2"], "loss": score["loss"], "accuracy": score["accuracy"]}
	if l2, ok := score["l2"].(float64); ok {
		told["mse"] = float64(l2 * l2)
	}
	for at, column := range r.columns[3:] {
		text := r.fields[at+3]
		want, ok := told[column].(float64)
		if !ok {
			if text != "" {
				return fmt.Errorf("line %d %s: %q, expected nothing", r.line, column, text)
			}
			continue
		}
		if got, err := strconv.ParseFloat(text, 64); err != nil || got != want {
			return fmt.Errorf("line %d %s: %q, the plan has %v", r.line, column, text, want)
		}
	}
	return nil
}
