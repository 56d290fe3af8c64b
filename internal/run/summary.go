package run

import (
	"cmp"
	"math"

	"multigrade/grade"
)

// The JSON object of solve. Pointers are null where a number is undefined.
type (
	Summary struct {
		Status   string   `json:"status"`
		Seconds  float64  `json:"seconds"`
		Run      string   `json:"run"`
		Stopped  string   `json:"stopped,omitempty"`
		Warnings []string `json:"warnings,omitempty"`
		// Checked says that the checker accepted the run before it was published, and not
		// that the time limit or an interruption came first.
		Checked bool        `json:"checked"`
		Plan    *planJSON   `json:"plan,omitempty"` // where beta was not given
		Data    dataJSON    `json:"data"`
		Grades  []gradeJSON `json:"grades"`
		Final   finalJSON   `json:"final"`
	}
	dataJSON struct {
		Rows     int      `json:"rows"`
		Features int      `json:"features"`
		Outputs  int      `json:"outputs"`
		SHA256   string   `json:"sha256"`
		Task     string   `json:"task"`
		Classes  []string `json:"classes,omitempty"`
		// TestRows says which rows were held out for the test, where that is not every so many-th.
		TestRows    string `json:"test_rows,omitempty"`
		Weights     string `json:"weights,omitempty"`      // the column of weights
		ClassWeight string `json:"class_weight,omitempty"` // balanced
	}
	gradeJSON struct {
		Grade    int `json:"grade"`
		InputDim int `json:"input_dim"`
		Rank     int `json:"rank"`
		accountJSON
		Seconds float64 `json:"seconds"`
		// CV is the score behind the grade in cross-validation, where beta was chosen by it.
		CV         *cvJSON `json:"cv,omitempty"`
		Train      *Norms  `json:"train"`
		Validation *Norms  `json:"validation"`
		Test       *Norms  `json:"test"`
		// Outputs of several targets; what stands above are their sums, gaps of
		// the sums, means of the norms, the maximum of linf and violation.
		Outputs []outputJSON `json:"outputs,omitempty"`
	}
	accountJSON struct {
		Patterns      int     `json:"patterns"`
		PatternsTotal *string `json:"patterns_total"`
		Status        string  `json:"status"`
		Method        string  `json:"method"`
		Beta          float64 `json:"beta"`
		BetaMax       float64 `json:"beta_max"`
		Neurons       int     `json:"neurons"`
		Iterations    int     `json:"iterations"`
		Primal        float64 `json:"primal"`
		Dual          float64 `json:"dual"`
		RelGap        float64 `json:"rel_gap"`
		Scope         string  `json:"scope"`
		GlobalBound   float64 `json:"global_bound"`
		GlobalRelGap  float64 `json:"global_rel_gap"`
		GlobalMethod  string  `json:"global_method"`
		NotAttempted  string  `json:"global_not_attempted,omitempty"` // why there was no search for the bound
		Rounds        int     `json:"rounds"`
		Work          float64 `json:"work"` // 1e9 operations
		Violation     float64 `json:"violation"`
		Replaced      bool    `json:"replaced,omitempty"`
		Multiple      float64 `json:"replaced_multiple,omitempty"` // of the solver's network, kept where it was replaced
		// Width is there with a budget of neurons: primal, dual, the gaps and the
		// status are those of the convex program, neurons and norms those of the
		// network kept.
		Width *WidthJSON `json:"width,omitempty"`
		// Decomposed is there where gated networks become ReLU networks: primal,
		// dual, the gaps and the status are those of the gated program.
		Decomposed *decomposedJSON `json:"decomposed,omitempty"`
		DeadZone   *deadZoneJSON   `json:"dead_zone,omitempty"`
	}
	deadZoneJSON struct {
		Eps  float64 `json:"eps"`  // in the program's units, of several outputs the largest
		Open float64 `json:"open"` // share of the training rows where the grade is not 0
	}
	decomposedJSON struct {
		Objective float64 `json:"objective"` // of the ReLU network
		RelGap    float64 `json:"rel_gap"`   // to dual: how far it can be from the ReLU optimum over the listed patterns
		Factor    float64 `json:"factor"`    // sum of its group norms over that of the gated network
		Units     int     `json:"gated_units"`
	}
	WidthJSON struct {
		Budget        int     `json:"budget"`
		Objective     float64 `json:"objective"`      // of the network kept
		RelGap        float64 `json:"rel_gap"`        // to dual
		GlobalRelGap  float64 `json:"global_rel_gap"` // to global_bound
		ConvexNeurons int     `json:"convex_neurons"`
		ConvexL2      float64 `json:"convex_l2"` // training residual before the selection, root mean square
	}
	// planJSON: how many parts of the rows were held out in turn to choose beta, and the
	// score on them without a grade.
	planJSON struct {
		Folds   int        `json:"folds"`
		Before  *scoreJSON `json:"before"`
		Seconds float64    `json:"seconds"`
		Work    float64    `json:"work"` // 1e9 operations
		// Width is the budget of neurons of every grade that was chosen, Widths those tried
		// and last none, 0; absent where it was not asked for.
		Width  *int             `json:"width,omitempty"`
		Widths []widthTrialJSON `json:"widths,omitempty"`
		// Penalty is that of the grades, Penalties those tried; absent where only one was.
		Penalty   string             `json:"penalty,omitempty"`
		Penalties []penaltyTrialJSON `json:"penalties,omitempty"`
	}
	penaltyTrialJSON struct {
		Penalty string  `json:"penalty"`
		L2      float64 `json:"l2"`
		L2SE    float64 `json:"l2_se"`
	}
	widthTrialJSON struct {
		Width int     `json:"width"`
		L2    float64 `json:"l2"`
		L2SE  float64 `json:"l2_se"`
	}
	// cvJSON is the score on the rows held out, which the networks that have it were not
	// trained on, with the ratio of beta_max taken and all that were tried.
	cvJSON struct {
		Ratio float64 `json:"ratio"`
		scoreJSON
		Trials []trialJSON `json:"trials"`
	}
	// trialJSON is the score behind the grade at another ratio, after a share of the
	// iterations.
	trialJSON struct {
		Ratio float64 `json:"ratio"`
		L2    float64 `json:"l2"`
		L2SE  float64 `json:"l2_se"`
		Share float64 `json:"share"`
	}
	// scoreJSON is a score in the target's units; null where undefined.
	scoreJSON struct {
		L2       float64  `json:"l2"`
		L2SE     float64  `json:"l2_se"`
		R2       *float64 `json:"r2"`
		Accuracy *float64 `json:"accuracy"`
		LogLoss  *float64 `json:"log_loss"`
		Loss     float64  `json:"loss"` // in the program's units
		LossSE   float64  `json:"loss_se"`
	}
	outputJSON struct {
		Output int    `json:"output"`
		Target string `json:"target"`
		accountJSON
		Train      *Norms `json:"train"`
		Validation *Norms `json:"validation"`
		Test       *Norms `json:"test"`
	}
	Norms struct {
		L1            float64  `json:"l1"`
		L2            float64  `json:"l2"`
		Linf          float64  `json:"linf"`
		MSE           float64  `json:"mse"`
		Nonincreasing float64  `json:"nonincreasing"`
		Loss          float64  `json:"loss"`               // of the grades so far, in the program's units
		Accuracy      *float64 `json:"accuracy,omitempty"` // of classes
	}
	fitJSON struct {
		Norms
		R2       *float64 `json:"r2"`
		PSNR     *float64 `json:"psnr,omitempty"` // of images, -10 log10(mse)
		Accuracy *float64 `json:"accuracy"`       // of classifiers; null for a regression
		// Of test rows: the share of the targets in their prediction intervals, and the log
		// loss of the probabilities.
		Coverage *float64 `json:"coverage,omitempty"`
		LogLoss  *float64 `json:"log_loss,omitempty"`
		// Of several quantiles the levels with the shares of the targets that are at most the
		// quantile predicted, and the share of rows whose outputs crossed before they were
		// rearranged.
		Quantiles []quantileJSON `json:"quantiles,omitempty"`
		Crossing  *float64       `json:"crossing,omitempty"`
	}
	quantileJSON struct {
		Level  float64 `json:"level"`
		AtMost float64 `json:"at_most"`
	}
	// calibrationJSON is what rows held out tell of the model's errors: how wide an
	// interval about the prediction has to be, by output, or the log loss of probabilities.
	calibrationJSON struct {
		From       string    `json:"from"` // cv or validation
		Rows       int       `json:"rows"`
		Interval   *float64  `json:"interval,omitempty"` // the share of new rows meant to be within
		HalfWidths []float64 `json:"half_widths,omitempty"`
		LogLoss    *float64  `json:"log_loss,omitempty"`
	}
	finalJSON struct {
		CV          *scoreJSON       `json:"cv,omitempty"` // where beta was chosen by cross-validation
		Calibration *calibrationJSON `json:"calibration,omitempty"`
		Train       *fitJSON         `json:"train"`
		Validation  *fitJSON         `json:"validation"`
		Test        *fitJSON         `json:"test"`
	}
)

func (r *Outcome) Summary() *Summary {
	m := r.Run.Model
	j := &Summary{Status: r.Run.Status.String(), Seconds: r.Total, Run: r.Dir, Stopped: r.Run.Stopped, Warnings: r.Run.Ledger.Warnings(m), Checked: !r.Unchecked,
		Data:   dataJSON{Rows: m.Data.Rows, Features: m.Data.Features, Outputs: m.Outputs(), Task: m.Task, Classes: m.Classes, TestRows: m.Split.TestRows(), SHA256: m.Data.SHA256},
		Grades: []gradeJSON{},
		Final:  finalJSON{Train: r.fit(grade.OnTrain), Validation: r.fit(grade.OnValidation), Test: r.fit(grade.OnTest)}}
	if w := m.Weights; w != nil {
		j.Data.Weights = w.Column
		if w.Balanced {
			j.Data.ClassWeight = grade.Balanced
		}
	}
	if p := r.Run.Plan; p != nil {
		j.Plan = &planJSON{Folds: p.Folds, Before: newScoreJSON(&p.Before), Seconds: r.Planning, Work: p.Work}
		for _, w := range p.Widths {
			j.Plan.Width = &p.Width
			j.Plan.Widths = append(j.Plan.Widths, widthTrialJSON{w.Width, w.L2, w.L2SE})
		}
		for _, t := range p.Penalties {
			j.Plan.Penalty = cmp.Or(p.Penalty, grade.GroupNorm.String())
			j.Plan.Penalties = append(j.Plan.Penalties, penaltyTrialJSON{t.Penalty, t.L2, t.L2SE})
		}
		j.Final.CV = newScoreJSON(r.Run.CV())
	}
	j.Final.Calibration = r.calibration()
	if test := j.Final.Test; test != nil {
		if q := r.Run.Quantiles; q != nil {
			test.Crossing = &q.Crossing
			for t, level := range q.Levels {
				test.Quantiles = append(test.Quantiles, quantileJSON{level, q.AtMost[t]})
			}
		}
		if c := r.Run.Coverage; c != nil {
			test.Coverage = &c.Covered
		}
		if !math.IsNaN(r.Run.LogLoss) {
			test.LogLoss = &r.Run.LogLoss
		}
	}
	for k, g := range r.Run.Grades {
		j.Grades = append(j.Grades, r.grade(g, r.Seconds[k]))
	}
	return j
}

// calibration is nil where no rows were held out.
func (r *Outcome) calibration() *calibrationJSON {
	c := r.Run.Model.Calibration
	if c == nil {
		return nil
	}
	j := &calibrationJSON{From: c.From, Rows: c.Rows}
	if c.Platt != nil {
		j.LogLoss = &c.LogLoss
	}
	if r.Run.Coverage != nil {
		share := grade.ReportedInterval
		j.Interval, j.HalfWidths = &share, r.Run.Coverage.HalfWidths
	}
	return j
}

// newScoreJSON is nil where there is no score.
func newScoreJSON(s *grade.Score) *scoreJSON {
	if s == nil {
		return nil
	}
	return &scoreJSON{L2: s.L2, L2SE: s.L2SE, R2: s.R2, Accuracy: s.Accuracy, LogLoss: s.LogLoss, Loss: s.Loss, LossSE: s.LossSE}
}

func (r *Outcome) grade(g *grade.Trained, seconds float64) gradeJSON {
	k := g.Grade.Number
	train := r.Run.Ledger.Find(k, grade.OnTrain)
	j := gradeJSON{Grade: k, InputDim: g.Grade.InputDim, Rank: g.Outputs[0].Rank, Seconds: seconds,
		accountJSON: NewAccountJSON(g.Sum(), g.Scope, train),
		Train:       r.norms(k, grade.OnTrain), Validation: r.norms(k, grade.OnValidation), Test: r.norms(k, grade.OnTest)}
	if g.Choice != nil {
		j.CV = &cvJSON{Ratio: g.Choice.Ratio, scoreJSON: *newScoreJSON(&g.Choice.Score), Trials: []trialJSON{}}
		for _, tried := range g.Choice.Trials {
			j.CV.Trials = append(j.CV.Trials, trialJSON{Ratio: tried.Ratio, L2: tried.L2, L2SE: tried.L2SE, Share: tried.Share})
		}
	}
	for t, s := range g.Outputs {
		if len(g.Outputs) == 1 {
			break
		}
		j.Outputs = append(j.Outputs, outputJSON{Output: t + 1, Target: r.Run.Model.OutputNames()[t],
			accountJSON: NewAccountJSON(s.Account, g.Scope, r.Run.Ledger.Output(k, grade.OnTrain, t)),
			Train:       newNormsJSON(r.Run.Ledger.Output(k, grade.OnTrain, t)), Validation: newNormsJSON(r.Run.Ledger.Output(k, grade.OnValidation, t)),
			Test: newNormsJSON(r.Run.Ledger.Output(k, grade.OnTest, t))})
	}
	return j
}

// NewAccountJSON puts the account beside the ledger's entry on the training rows.
func NewAccountJSON(a grade.Account, scope grade.Scope, train *grade.Entry) accountJSON {
	j := accountJSON{Patterns: a.Patterns, Status: a.Status.String(), Method: a.Method, Beta: train.Beta, BetaMax: a.BetaMax, Neurons: train.Neurons,
		Iterations: a.Iterations, Primal: a.Primal, Dual: a.Dual, RelGap: a.RelGap, Scope: scope.String(), Rounds: a.Rounds, Work: a.Work,
		GlobalBound: a.GlobalBound, GlobalRelGap: a.GlobalRelGap, GlobalMethod: a.GlobalMethod, NotAttempted: a.NotAttempted, Violation: a.Violation, Replaced: a.Replaced, Multiple: a.Multiple}
	if a.PatternsTotal != "" {
		j.PatternsTotal = &a.PatternsTotal
	}
	if k := a.Kept; k != nil {
		j.Width = &WidthJSON{Budget: k.Budget, Objective: k.Objective, RelGap: k.RelGap, GlobalRelGap: k.GlobalRelGap, ConvexNeurons: k.Neurons, ConvexL2: train.Kept.ConvexL2}
	}
	if d := a.Decomposition; d != nil {
		j.Decomposed = &decomposedJSON{Objective: d.Objective, RelGap: d.RelGap, Factor: d.Factor, Units: d.Units}
	}
	if z := a.DeadZone; z != nil {
		j.DeadZone = &deadZoneJSON{Eps: z.Eps, Open: z.Open}
	}
	return j
}

func (r *Outcome) norms(k int, split string) *Norms {
	return newNormsJSON(r.Run.Ledger.Find(k, split))
}

// newNormsJSON is nil when there is no such entry.
func newNormsJSON(e *grade.Entry) *Norms {
	if e == nil {
		return nil
	}
	n := &Norms{L1: e.L1, L2: e.L2, Linf: e.Linf, MSE: e.MSE, Nonincreasing: e.Nonincreasing, Loss: e.Loss}
	if !math.IsNaN(e.Accuracy) {
		n.Accuracy = &e.Accuracy
	}
	return n
}

// RMS is the root mean square of the residual, NaN where f is nil.
func (f *fitJSON) RMS() float64 {
	if f == nil {
		return math.NaN()
	}
	return f.L2
}

func (r *Outcome) fit(split string) *fitJSON {
	n := r.norms(len(r.Run.Grades), split)
	if n == nil {
		return nil
	}
	f := &fitJSON{Norms: *n, Accuracy: n.Accuracy}
	if r.Run.Model.Data.Width > 0 && n.MSE > 0 {
		psnr := -10 * math.Log10(n.MSE)
		f.PSNR = &psnr
	}
	if r2 := r.Run.R2(split); !math.IsNaN(r2) {
		f.R2 = &r2
	}
	return f
}
