package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/report"
	"multigrade/proofs"
	"multigrade/solver"
)

func explainFlag() cli.Flag {
	return &cli.BoolFlag{Name: "explain", Usage: "say below the result what its words mean"}
}

// explanation is a word of the output and what it means.
type explanation struct{ word, meaning string }

// explain writes explanations as a list, 80 columns wide, the words in a column.
func explain(out io.Writer, list []explanation) error {
	const width = 80
	column := 0
	for _, e := range list {
		column = max(column, len(e.word)+2)
	}
	for _, e := range list {
		for k, line := range strings.Split(text.WrapSoft(e.meaning, width-column), "\n") {
			word := ""
			if k == 0 {
				word = e.word
			}
			if _, err := fmt.Fprintf(out, "%-*s%s\n", column, word, strings.TrimRight(line, " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// explanations are those of the words in the tables of the run.
func (r *solveReport) explanations() []explanation {
	list := []explanation{
		{"grade", "A network with one hidden layer, fitted to the residual e that the grades before it left. They are frozen; it sees the outputs of their hidden neurons. Grade 0 is the target about its mean."},
		{"neurons", r.neuronMeaning()},
	}
	if r.classes() {
		list = append(list, explanation{"loss, accuracy", "Mean loss of the scores of all grades so far, and share of the rows whose class they tell."})
	} else {
		list = append(list, explanation{"|e|", "Residual of all grades so far, in the target's units: its mean, root mean square (r.m.s.) and maximum over the rows."})
	}
	list = append(list,
		explanation{"of listed", "The grade's objective, " + r.objectiveMeaning() + ", is above the least possible with the activation patterns listed by at most this share of itself. " + sentence(standing(r.Unchecked).String())},
		explanation{"of all", "The same, of the least possible with any activation patterns, which is any network of one hidden layer, however wide. " + sentence(standing(r.Unchecked).String()) + " \"No search\": branch and bound, which comes nearer with time, was not attempted, or left, as it would have ended far from a proof."},
		explanation{"patterns", "An activation pattern says which rows a neuron is active on. The convex program has a block for each pattern listed; of how many there are is said where they were counted."},
	)
	if r.Run.Plan != nil {
		list = append(list, explanation{"beta", "The regularisation, as a share of beta_max, " + r.scaleMeaning() + ". It was chosen by cross-validation: by the rows that each of several trainings left out."})
	}
	if r.Run.Grades != nil {
		for _, s := range solver.Statuses() {
			word, meaning, _ := strings.Cut(report.Meaning(s, r.Run.Grades[0].Scope, standing(r.Unchecked)), ": ")
			list = append(list, explanation{word, sentence(meaning)})
		}
	}
	return append(list, explanation{"what next", r.advice()})
}

// ridge says that the neurons cost the squares of their norms.
func (r *solveReport) ridge() bool { return r.Penalty == grade.Ridge }

// neuronMeaning says what a neuron computes.
func (r *solveReport) neuronMeaning() string {
	activation := solver.ReLU.String()
	if len(r.Run.Model.Grades) > 0 {
		activation = r.Run.Model.Grades[0].Activation
	}
	switch activation {
	case solver.Gated.String():
		return "Hidden neurons of the grade: alpha w.x where gate.x > 0, else 0."
	case solver.ReLU.String():
		return "Hidden neurons alpha relu(w.x) of the grade."
	}
	return fmt.Sprintf("Hidden neurons alpha phi(w.x) of the grade, phi being %s.", activation)
}

// objectiveMeaning is the objective of a grade.
func (r *solveReport) objectiveMeaning() string {
	if r.ridge() {
		return "loss + beta/2 sum |alpha w|^2"
	}
	return "loss + beta sum |alpha| |w|"
}

// scaleMeaning says what beta is measured by.
func (r *solveReport) scaleMeaning() string {
	if r.ridge() {
		return "a scale from the features and patterns, as with squares of the norms every neuron pays"
	}
	return "the least beta for which no neuron pays"
}

// sentence is a clause with a capital and a stop.
func sentence(s string) string {
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// advice is what may better the run's status, or the model.
func (r *solveReport) advice() string {
	switch s := r.Run.Status; {
	case s == solver.Optimal && r.Run.Ledger.Find(0, grade.OnTest) == nil && r.Run.Plan == nil:
		return "Every grade is as asked for. What the model does on new rows is not known: --holdout 0.1 keeps rows back to measure it, multigrade fit chooses beta and the number of grades by such rows."
	case s == solver.Optimal:
		return "Every grade is as asked for."
	case s == solver.Priced:
		return "Where \"of all\" is to be smaller: more --bound-leaves, or multigrade prove, which goes on with the search for a proof in a finished run."
	case s == solver.TimeLimit || s == solver.Interrupted:
		return "multigrade solve --resume goes on where the run ended, with a longer --time-limit or none."
	case s == solver.Stalled:
		return "A larger --tol: float64 allows no smaller gap here."
	}
	return "A larger --work, --rounds or --max-iter, or a larger --tol; --scope restricted solves over the patterns listed only."
}

// claimMeanings say when a claim of a run or certificate is valid; FORMAT.md has the
// exact conditions.
var claimMeanings = map[string]string{
	proofs.ClaimFormat:          "The file is what it says it is, without contradictions.",
	proofs.ClaimFile:            "The file is the one the manifest has the SHA-256 of.",
	proofs.ClaimProgram:         "The certificate is about exactly these data.",
	proofs.ClaimPrimalFeasible:  "Every neuron is active on the rows that its pattern says.",
	proofs.ClaimPrimal:          "The optimum is at most this: the network's objective, its rounding included.",
	proofs.ClaimObjective:       "So is the objective with weight decay, in which the network was trained.",
	proofs.ClaimMultipliers:     "The multipliers of the cones have the right signs.",
	proofs.ClaimDualFeasible:    "No block of a pattern listed violates the dual constraint.",
	proofs.ClaimDual:            "The optimum over the patterns listed is at least this, by weak duality.",
	proofs.ClaimGap:             "The two are as near as the status says.",
	proofs.ClaimGlobalFeasible:  "No neuron with any activation pattern violates the dual constraint.",
	proofs.ClaimGlobalDual:      "The optimum over all activation patterns is at least this.",
	proofs.ClaimGlobalGap:       "It is as near to the network's objective as is said.",
	proofs.ClaimData:            "The data file is the one the model was trained on.",
	proofs.ClaimStandardisation: "The shifts and scales are those of the training rows.",
	proofs.ClaimComposition:     "The certificate is about the model's own grade, on the hidden features of the grades before.",
	proofs.ClaimLedger:          "The norms of the residuals are what the model leaves, to the bit.",
	proofs.ClaimDecreasing:      "The training loss does not rise from grade to grade.",
	proofs.ClaimStatus:          "The status of the run is no better than those of its grades.",
	proofs.ClaimDecomposed:      "The ReLU network computes what the gated one does, and costs what is said.",
	proofs.ClaimMonotone:        "At no training row is the residual larger than before.",
	proofs.ClaimWidth:           "The grade keeps no more neurons than its budget, and costs what is said.",
	proofs.ClaimSettings:        "The manifest, the model and the certificates tell of the same options.",
	proofs.ClaimSamples:         "The rows are samples of the formula.",
	proofs.ClaimDeadZone:        "What the grade's network gets wrong is within its dead zone: the residual grows nowhere.",
	proofs.ClaimHats:            "Width, depth and hats are those of the values.",
	proofs.ClaimThreshold:       "The values are the residual at the nodes, less the threshold, towards zero.",
	proofs.ClaimAside:           "The target is no further from its interpolant than this, below it and above it.",
	proofs.ClaimVariation:       "The residual at the nodes varies by no more than this within a simplex.",
	proofs.ClaimPointwise:       "The residual is nowhere on the cube larger than before.",
	proofs.ClaimStrict:          "It is smaller on a set of positive measure, so every L^p norm falls.",
	proofs.ClaimSup:             "It is nowhere larger than this.",
	proofs.ClaimNorms:           "The norms on the cube are within these bounds.",
	proofs.ClaimUnits:           "The network has as many units as is said.",
	proofs.ClaimNetwork:         "The network written out computes the grade, exactly.",
	proofs.ClaimLipschitz:       "The Lipschitz constant, taken on trust, is not refuted.",
	proofs.ClaimContinuous:      "The target does not jump on the cube.",
	proofs.ClaimStated:          "What the file says besides and nothing depends on.",
}

// claimExplanations are those of the claims of a report, each once.
func claimExplanations(r proofs.Report) []explanation {
	var list []explanation
	seen := map[string]bool{}
	for _, c := range r.Claims {
		if !seen[c.Name] {
			seen[c.Name] = true
			list = append(list, explanation{c.Name, claimMeanings[c.Name]})
		}
	}
	return append(list,
		explanation{proofs.Valid.String(), "Derived again from the files, by a checker that shares no code with the solver: exactly, or with bounds of every rounding."},
		explanation{proofs.Unchecked.String(), "Nothing that is proved depends on it."})
}
