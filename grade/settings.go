package grade

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Settings are Options as the numbers and names of a file, but for the gates. Which of
// beta, beta_absolute and choose_beta, and which of the fields about a width, say
// something is Options' to know: elsewhere they are zero.
type Settings struct {
	Holdout         float64        `json:"holdout"`
	Stride          int            `json:"stride,omitempty"`
	Validation      float64        `json:"validation"`
	Refit           bool           `json:"refit"`                        // trained on the validation rows, too
	Last            bool           `json:"last,omitempty"`               // rows are the test's
	HoldoutGroup    string         `json:"holdout_group,omitempty"`      // column of the groups that the hold-out does not cut
	HoldoutStrata   bool           `json:"holdout_stratified,omitempty"` // the test has its share of each class or range
	Fold            string         `json:"fold,omitempty"`               // I/K, of which the test has every K-th row
	Grades          int            `json:"grades"`
	Width           int            `json:"width"`      // most neurons of a grade, 0: no limit
	WidthWork       float64        `json:"width_work"` // 1e9 operations
	Spread          bool           `json:"spread"`     // kinks of the first grade
	Beta            float64        `json:"beta"`       // 0 where it is chosen
	BetaAbsolute    bool           `json:"beta_absolute"`
	ChooseBeta      bool           `json:"choose_beta"`
	OneStdError     bool           `json:"one_standard_error"`
	CrossValidation *FoldsSettings `json:"cross_validation,omitempty"` // where beta is chosen
	Activation      string         `json:"activation"`
	Loss            string         `json:"loss"`
	LossParameter   float64        `json:"loss_parameter,omitempty"` // of huber the threshold, of quantile the level
	Quantiles       []float64      `json:"quantiles,omitempty"`      // levels of several
	ClassWeight     string         `json:"class_weight,omitempty"`   // balanced
	Carry           bool           `json:"carry"`
	DeadZone        bool           `json:"dead_zone,omitempty"`
	Scope           string         `json:"scope"`
	Penalty         string         `json:"penalty,omitempty"` // ridge
	Patterns        int            `json:"patterns"`          // 0: chosen by the scope and the sizes
	Limits
	TimeLimit   string  `json:"time_limit,omitempty"`
	Bias        bool    `json:"bias"`
	Standardize bool    `json:"standardize"`
	Intercept   bool    `json:"intercept"`
	Tol         float64 `json:"tol"`
	Method      string  `json:"method"`
	Seed        uint64  `json:"seed"`
}

// FoldsSettings are those of CrossValidation.
type FoldsSettings struct {
	Folds      int     `json:"folds"` // 0: the parts of the validation share
	Repeats    int     `json:"repeats"`
	Stratified bool    `json:"stratified"`
	Group      string  `json:"group,omitempty"` // the column of groups; part of the data, not of Options
	Ahead      bool    `json:"ahead"`           // blocks of time
	Width      bool    `json:"width,omitempty"` // chosen, too
	Ridge      bool    `json:"ridge,omitempty"` // tried, too
	Iterations int     `json:"iterations"`
	Work       float64 `json:"work"` // 1e9 operations, at most
}

// Balanced is the one weighting of classes there is, by the numbers of their rows.
const Balanced = "balanced"

// Settings are the options without the gates.
func (o *Options) Settings() Settings {
	s := Settings{Holdout: o.Shares.Holdout, Stride: o.Shares.Stride, Validation: o.Shares.Validation, Refit: o.Shares.Refit, Last: o.Shares.Last, HoldoutGroup: o.Shares.Group, HoldoutStrata: o.Shares.Stratified, Fold: o.Shares.Fold, Grades: o.Grades,
		Activation: o.Activation.String(), Loss: o.Loss.Name(), Carry: o.Carry, DeadZone: o.DeadZone, Scope: o.Scope.String(), Patterns: o.Patterns,
		Limits: o.Limits, Bias: o.Bias, Standardize: o.Standardize, Intercept: o.Intercept, Tol: o.Tol, Method: o.Method.String(), Seed: o.Seed}
	if s.Quantiles = o.Quantiles; s.Quantiles == nil {
		s.LossParameter, _ = solver.Parameter(o.Loss)
	}
	if o.Penalty != GroupNorm {
		s.Penalty = o.Penalty.String()
	}
	if o.BalancedClasses {
		s.ClassWeight = Balanced
	}
	if w := o.Width; w != nil {
		s.Width, s.WidthWork, s.Spread = w.Neurons, w.Work, w.Spread
	}
	switch b := o.Beta.(type) {
	case RelativeBeta:
		s.Beta = float64(b)
	case AbsoluteBeta:
		s.Beta, s.BetaAbsolute = float64(b), true
	case CrossValidation:
		s.ChooseBeta, s.OneStdError = true, b.OneStandardError
		s.CrossValidation = &FoldsSettings{Folds: b.Folds, Repeats: b.Repeats, Stratified: b.Stratified, Ahead: b.Ahead, Width: b.Width, Ridge: b.Ridge, Iterations: b.Iterations, Work: b.Work}
	}
	if o.Limits.Time > 0 {
		s.TimeLimit = o.Limits.Time.String()
	}
	return s
}

// Options are the options with these settings, without gates, validated.
func (s *Settings) Options() (Options, error) {
	o := Options{Grades: s.Grades, BalancedClasses: s.ClassWeight == Balanced, Carry: s.Carry, DeadZone: s.DeadZone, Patterns: s.Patterns,
		Limits: s.Limits, Shares: Shares{Holdout: s.Holdout, Validation: s.Validation, Stride: s.Stride, Refit: s.Refit, Last: s.Last, Group: s.HoldoutGroup, Stratified: s.HoldoutStrata, Fold: s.Fold},
		Bias: s.Bias, Standardize: s.Standardize, Intercept: s.Intercept, Tol: s.Tol, Seed: s.Seed}
	var errs [8]error
	o.Beta, errs[0] = s.beta()
	if s.Width != 0 || s.Spread || s.WidthWork != 0 {
		o.Width = &Budget{Neurons: s.Width, Work: s.WidthWork, Spread: s.Spread}
	}
	o.Activation, errs[1] = solver.ParseActivation(s.Activation)
	o.Quantiles = s.Quantiles
	o.Loss, errs[2] = solver.LossOf(s.Loss, s.lossParameter())
	o.Scope, errs[3] = ParseScope(s.Scope)
	o.Method, errs[4] = solver.ParseMethod(s.Method)
	if s.ClassWeight != "" && !o.BalancedClasses {
		errs[5] = fmt.Errorf("class weight %q, want %s", s.ClassWeight, Balanced)
	}
	if s.TimeLimit != "" {
		o.Limits.Time, errs[6] = time.ParseDuration(s.TimeLimit)
	}
	if s.Penalty != "" {
		o.Penalty, errs[7] = ParsePenalty(s.Penalty)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return Options{}, err
	}
	return o, o.Validate()
}

// lossParameter is the number of Options.Loss.
func (s *Settings) lossParameter() float64 { return parameterAt(s.Quantiles, s.LossParameter, 0) }

// beta is the one that is given, or chosen.
func (s *Settings) beta() (Beta, error) {
	c := s.CrossValidation
	switch {
	case s.ChooseBeta != (c != nil):
		return nil, errors.New("beta is to be chosen exactly where there is a cross-validation")
	case s.ChooseBeta && (s.Beta != 0 || s.BetaAbsolute):
		return nil, errors.New("beta is both given and to be chosen, want one of them")
	case s.ChooseBeta:
		return CrossValidation{Folds: c.Folds, Repeats: c.Repeats, Stratified: c.Stratified, Ahead: c.Ahead, Width: c.Width, Ridge: c.Ridge, Iterations: c.Iterations, Work: c.Work, OneStandardError: s.OneStdError}, nil
	case s.OneStdError:
		return nil, errors.New("one standard error is for a beta that is chosen")
	case s.BetaAbsolute:
		return AbsoluteBeta(s.Beta), nil
	}
	return RelativeBeta(s.Beta), nil
}

// optionsFile is the whole of Options.
type optionsFile struct {
	Settings
	Gates [][]float64 `json:"gate_vectors,omitempty"`
}

// MarshalJSON writes options that are valid, so that UnmarshalJSON reads them.
func (o Options) MarshalJSON() ([]byte, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	f := optionsFile{Settings: o.Settings()}
	if o.Gates != nil {
		for i := range o.Gates.RawMatrix().Rows {
			f.Gates = append(f.Gates, o.Gates.RawRowView(i))
		}
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote; what is out of its range is an error.
func (o *Options) UnmarshalJSON(raw []byte) error {
	var f optionsFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return err
	}
	read, err := f.Settings.Options()
	if err != nil {
		return err
	}
	for i, g := range f.Gates {
		if len(g) == 0 || len(g) != len(f.Gates[0]) {
			return fmt.Errorf("gate %d has %d entries, the first has %d", i+1, len(g), len(f.Gates[0]))
		}
		if read.Gates == nil {
			read.Gates = mat.NewDense(len(f.Gates), len(g), nil)
		}
		read.Gates.SetRow(i, g)
	}
	*o = read
	return o.Validate()
}
