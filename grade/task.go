package grade

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"multigrade/internal/schema"
	"multigrade/solver"
)

// Task says what the target is: numbers, or one of two or more classes.
type Task int

const (
	Regression Task = iota
	Binary
	Multiclass
)

var taskNames = [...]string{Regression: "regression", Binary: "binary", Multiclass: "multiclass"}

func (t Task) String() string {
	if t < 0 || int(t) >= len(taskNames) {
		return fmt.Sprintf("Task(%d)", int(t))
	}
	return taskNames[t]
}

// ParseTask is the inverse of Task.String.
func ParseTask(name string) (Task, error) {
	if k := slices.Index(taskNames[:], name); k >= 0 {
		return Task(k), nil
	}
	return 0, fmt.Errorf("task %q, want regression, binary or multiclass", name)
}

// Loss is the loss of the task where none is asked for.
func (t Task) Loss() solver.Loss {
	if t == Regression {
		return solver.Squared
	}
	return solver.Logistic
}

// checkTask reports a loss that is not for the task.
func (o *Options) checkTask(t Task) error {
	if t == Regression && o.Loss.Labels() {
		return fmt.Errorf("%w: loss %s is for classes, the target is a regression's", ErrOptions, o.Loss.Name())
	}
	return nil
}

// maxClasses bounds the classes of a target: each is an output of every grade.
const maxClasses = 256

// Labels are the targets of classes: of a binary task one, +1 for the second
// class and -1 for the first, of a multiclass task one per class, +1 in it and -1
// elsewhere. Classes are numbers in ascending order or texts in that of their
// bytes.
type Labels struct {
	Task    Task
	Classes []string
	Y       [][]float64
}

// NewLabels decides which task the targets are and encodes them. text is the
// target as text, nil where y has the targets as numbers. asked is the task asked
// for, "" to go by the target: text is classes; so are whole numbers that every
// one occur at least twice, if there are two of them, or if they are 3 to 20
// consecutive ones from 0 or 1 on; all else is a regression, whose Y is y. Errors
// wrap ErrData or ErrOptions.
func NewLabels(asked string, y [][]float64, text []string) (*Labels, error) {
	task := Regression
	var err error
	switch {
	case asked != "":
		if task, err = ParseTask(asked); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
	case text != nil || len(y) == 1 && fewWholeNumbers(y[0]):
		task = Multiclass
		if distinct(y, text) == 2 {
			task = Binary
		}
	}
	switch {
	case task == Regression && text != nil:
		return nil, fmt.Errorf("%w: the target of a regression is text, such as %.40q", ErrData, text[0])
	case task == Regression:
		return &Labels{Y: y}, nil
	case text == nil && len(y) != 1:
		return nil, fmt.Errorf("%w: %d targets of a %s task, want one", ErrOptions, len(y), task)
	}
	return encode(task, y, text)
}

// encode makes the labels of a task with classes.
func encode(task Task, y [][]float64, text []string) (*Labels, error) {
	l := &Labels{Task: task, Classes: classesOf(y, text)}
	k := len(l.Classes)
	if k < 2 || task == Binary && k != 2 || k > maxClasses {
		return nil, fmt.Errorf("%w: %d classes in the target of a %s task, want %s", ErrData, k, task,
			map[Task]string{Binary: "two", Multiclass: fmt.Sprintf("2 to %d", maxClasses)}[task])
	}
	return l.Encode(y, text)
}

// Encode makes the targets of further rows, whose classes are those of l.
func (l *Labels) Encode(y [][]float64, text []string) (*Labels, error) {
	further := &Labels{Task: l.Task, Classes: l.Classes, Y: y}
	switch {
	case l.Task == Regression && text != nil:
		return nil, fmt.Errorf("%w: the target is text, such as %.40q, want numbers", ErrData, text[0])
	case l.Task == Regression:
		return further, nil
	}
	names := text
	if text == nil {
		for _, v := range y[0] {
			names = append(names, className(v))
		}
	}
	for i, name := range names {
		if !slices.Contains(l.Classes, name) {
			return nil, fmt.Errorf("%w: row %d has the class %.40q, want one of %.200q", ErrData, i+1, name, l.Classes)
		}
	}
	further.Y = nil
	first := 0
	if l.Task == Binary {
		first = 1
	}
	for _, class := range l.Classes[first:] {
		labels := make([]float64, len(names))
		for i, name := range names {
			labels[i] = -1
			if name == class {
				labels[i] = 1
			}
		}
		further.Y = append(further.Y, labels)
	}
	return further, nil
}

// Numbers are the classes as numbers from 0 on, of a task with classes.
func (l *Labels) Numbers() []float64 {
	numbers := make([]float64, len(l.Y[0]))
	for i := range numbers {
		if l.Task == Multiclass {
			numbers[i] = float64(bestClass(l.Y, i))
		} else if l.Y[0][i] > 0 {
			numbers[i] = 1
		}
	}
	return numbers
}

// TextClasses reports whether the classes are texts, not numbers.
func TextClasses(classes []string) bool {
	return slices.ContainsFunc(classes, func(name string) bool { _, err := schema.PlainNumber(name); return err != nil })
}

func className(v float64) string { return strconv.FormatFloat(v+0, 'g', -1, 64) } // -0 is 0

// classesOf lists the classes in order, each once.
func classesOf(y [][]float64, text []string) []string {
	if text != nil {
		return slices.Compact(slices.Sorted(slices.Values(text)))
	}
	var classes []string
	for _, v := range slices.Compact(slices.Sorted(slices.Values(y[0]))) {
		classes = append(classes, className(v))
	}
	return classes
}

func distinct(y [][]float64, text []string) int { return len(classesOf(y, text)) }

// fewWholeNumbers is the rule of NewLabels for numbers.
func fewWholeNumbers(y []float64) bool {
	const most = 20
	count := map[float64]int{}
	for _, v := range y {
		if count[v]++; v != math.Trunc(v) || len(count) > most {
			return false
		}
	}
	least, largest := y[0], y[0]
	for v, n := range count {
		if n < 2 {
			return false
		}
		least, largest = min(least, v), max(largest, v)
	}
	consecutive := (least == 0 || least == 1) && largest-least == float64(len(count)-1)
	return len(count) == 2 || len(count) > 2 && consecutive
}

// accuracy is the share of rows whose class is the one predicted: for one output
// whether total > 0 as y > 0, for several the first of the largest totals.
func accuracy(total, y [][]float64) float64 {
	right := 0
	for i := range y[0] {
		if rightClass(total, y, i) {
			right++
		}
	}
	return float64(right) / float64(len(y[0]))
}

// rightClass reports whether the class predicted of row i is its class.
func rightClass(total, y [][]float64, i int) bool {
	if len(y) == 1 {
		return (total[0][i] > 0) == (y[0][i] > 0)
	}
	return y[bestClass(total, i)][i] > 0
}

// bestClass is the first output with the largest value at row i.
func bestClass(value [][]float64, i int) int {
	best := 0
	for t := range value {
		if value[t][i] > value[best][i] {
			best = t
		}
	}
	return best
}

// Margins reports whether the model's loss is one of margins y z, for labels.
func (m *Model) Margins() bool {
	l, err := solver.LossOf(m.Loss, parameterAt(m.Quantiles, m.Threshold, 0))
	return err == nil && l.Labels()
}
