package loss

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A family is a loss as the command line and files name it: NAME, or NAME:T with
// a number. The registry is the one place that lists the losses.
type family struct {
	name      string
	parameter string               // what T stands for in usage texts, "" for none
	standard  float64              // T where none is given; 0: it must be given
	sample    float64              // T that tests take
	of        func(t float64) Loss // t is 0 without a parameter
	internal  bool                 // set by other means than its name
}

var registry = []family{
	{name: "squared", of: fixed(Squared)},
	{name: "huber", parameter: "T", standard: DefaultThreshold, sample: 0.3, of: Huber},
	{name: "l1", of: fixed(L1)},
	{name: "linf", of: fixed(LInf)},
	{name: "quantile", parameter: "Q", sample: 0.9, of: Quantile},
	{name: "logistic", of: fixed(Logistic)},
	{name: "hinge", of: fixed(Hinge)},
	{name: "monotone", of: fixed(Monotone), internal: true},
}

func fixed(l Loss) func(float64) Loss { return func(float64) Loss { return l } }

// Usage lists what ParseLoss reads and a user may choose: those for numbers, then
// those for labels.
func Usage() string {
	var numbers, labels []string
	for _, f := range registry {
		text := f.name
		if f.parameter != "" {
			text += ":" + f.parameter
		}
		switch {
		case f.internal:
		case f.of(f.sample).Labels():
			labels = append(labels, text)
		default:
			numbers = append(numbers, text)
		}
	}
	return strings.Join(numbers, ", ") + "; for classes also " + strings.Join(labels, ", ")
}

// ParseLoss is the loss of a name or NAME:T, with the standard T where none is
// given.
func ParseLoss(text string) (Loss, error) {
	name, number, given := strings.Cut(text, ":")
	k := find(name)
	if k < 0 {
		return nil, fmt.Errorf("solver: unknown loss %q, want %s", name, Usage())
	}
	f := registry[k]
	t := f.standard
	switch {
	case given && f.parameter == "":
		return nil, fmt.Errorf("solver: loss %q: %s takes no number", text, name)
	case given:
		var err error
		if t, err = strconv.ParseFloat(number, 64); err != nil {
			return nil, fmt.Errorf("solver: loss %q: %q is not a number", text, number)
		}
	case f.parameter != "" && t == 0:
		return nil, fmt.Errorf("solver: loss %q: want %s:%s", text, name, f.parameter)
	}
	l, err := WithParameter(name, t)
	if err != nil {
		return nil, fmt.Errorf("%w (in %q)", err, text)
	}
	return l, nil
}

// WithParameter is the loss that a file states by its name and number, 0 for the
// losses without one.
func WithParameter(name string, t float64) (Loss, error) {
	k := find(name)
	if k < 0 {
		return nil, fmt.Errorf("solver: unknown loss %q", name)
	}
	if registry[k].parameter == "" && t != 0 {
		return nil, fmt.Errorf("solver: loss %s takes no number, not %v", name, t)
	}
	l := registry[k].of(t)
	if a, ok := l.(average); ok {
		if p, ok := a.sample.(parametrised); ok && p.check() != nil {
			return nil, p.check()
		}
	}
	return l, nil
}

func find(name string) int {
	return slices.IndexFunc(registry, func(f family) bool { return f.name == name })
}

// Every is one loss of each family, for tests and whatever ranges over them.
func Every() []Loss {
	losses := make([]Loss, len(registry))
	for k, f := range registry {
		losses[k] = f.of(f.sample)
	}
	return losses
}

// parametrised is a loss with a number.
type parametrised interface {
	parameter() float64
	check() error
}

// Parameter is the number of a loss that has one (huber: the threshold), which its
// name and WithParameter give back; ok is false for the others.
func Parameter(l Loss) (t float64, ok bool) {
	if a, average := l.(average); average {
		if p, ok := a.sample.(parametrised); ok {
			return p.parameter(), true
		}
	}
	return 0, false
}
