package grade

import (
	"fmt"
	"strings"
)

// Effort says how much work a run may cost in which every choice is made by
// cross-validation: its own, and that of the certified training after it.
type Effort struct {
	Name string
	// Iterations and Work are those of CrossValidation.
	Iterations int
	Work       float64
	// Training is the Work of Limits, BoundLeaves that of Limits.
	Training    float64
	BoundLeaves int
}

// efforts, the least first. On yacht (278 rows to train on, 6 columns) they come to 7, 9
// and 55 CPU seconds on two idle cores of an AMD EPYC.
var efforts = []Effort{
	{Name: "low", Iterations: 60, Work: 9, Training: 6},
	{Name: "normal", Iterations: 600, Work: 120, Training: 30},
	{Name: "high", Iterations: 2000, Work: 750, Training: 500, BoundLeaves: -1},
}

// DefaultEffort is the name of the effort where none is asked for.
const DefaultEffort = "normal"

// EffortNames lists them.
func EffortNames() string {
	var names []string
	for _, e := range efforts {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}

// ParseEffort finds an effort by its name.
func ParseEffort(name string) (Effort, error) {
	for _, e := range efforts {
		if e.Name == name {
			return e, nil
		}
	}
	return Effort{}, fmt.Errorf("effort %q, want %s", name, EffortNames())
}

// Set puts the effort into the options, and into the choice of beta if there is one.
func (e Effort) Set(o *Options) {
	o.Limits.Work, o.Limits.BoundLeaves = e.Training, e.BoundLeaves
	if cv, chosen := o.Beta.(CrossValidation); chosen {
		cv.Iterations, cv.Work = e.Iterations, e.Work
		o.Beta = cv
	}
}
