package table

import (
	"fmt"
	"multigrade/proofs/internal/verdict"
	"strconv"
	"strings"
)

// Tasks, as a model names them.
const (
	TaskRegression = "regression"
	TaskBinary     = "binary"
	TaskMulticlass = "multiclass"
)

// Classes are the names of a target's classes, nil for a target of numbers.
type Classes []string

// numeric reports whether the classes are numbers, compared as such.
func (c Classes) numeric() bool {
	for _, name := range c {
		if _, err := finiteNumber(name); err != nil {
			return false
		}
	}
	return true
}

// index is the class of a field of the data file, whose numbers are written as f says, as a number so that it can
// stand in a table.
func (c Classes) index(field string, f Form) (float64, error) {
	field = strings.TrimSpace(field)
	if c.numeric() {
		v, err := f.number(field)
		if err != nil {
			return 0, err
		}
		return c.indexOf(v)
	}
	for k, name := range c {
		if name == field {
			return float64(k), nil
		}
	}
	return 0, fmt.Errorf("%q, expected one of the classes %q", field, []string(c))
}

// indexOf is the class of a number.
func (c Classes) indexOf(v float64) (float64, error) {
	for k, name := range c {
		if w, err := strconv.ParseFloat(name, 64); err == nil && w == v {
			return float64(k), nil
		}
	}
	return 0, fmt.Errorf("%v, expected one of the classes %q", v, []string(c))
}

// Labels makes the targets of the outputs from the classes' indices: of two
// classes in a binary task +1 for the second and -1 for the first, else for every
// class +1 in it and -1 elsewhere.
func (c Classes) Labels(task string, index []float64) [][]float64 {
	first := 0
	if task == TaskBinary {
		first = 1
	}
	var y [][]float64
	for k := first; k < len(c); k++ {
		column := make([]float64, len(index))
		for i, v := range index {
			column[i] = -1
			if v == float64(k) {
				column[i] = 1
			}
		}
		y = append(y, column)
	}
	return y
}

// Form checks the number of classes.
func (c Classes) Form(task string, targets int) error {
	if err := verdict.KnownWord("task", task, TaskRegression, TaskBinary, TaskMulticlass); err != nil {
		return err
	}
	if task == TaskRegression && len(c) == 0 || targets == 1 && (task == TaskBinary && len(c) == 2 || task == TaskMulticlass && len(c) >= 2) {
		return nil
	}
	return fmt.Errorf("classes: %d with %d targets in task %s", len(c), targets, task)
}

// Accuracy is the share of rows whose class is the one predicted: of one output
// f > 0 where y > 0 and nowhere else, of several the first of the largest.
func Accuracy(total, y [][]float64) float64 {
	right := 0
	for i := range y[0] {
		best := 0
		for t := range total {
			if total[t][i] > total[best][i] {
				best = t
			}
		}
		if len(y) == 1 && (total[0][i] > 0) == (y[0][i] > 0) || len(y) > 1 && y[best][i] > 0 {
			right++
		}
	}
	return float64(right) / float64(len(y[0]))
}
