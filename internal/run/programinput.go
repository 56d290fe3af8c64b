package run

import (
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
)

// ProgramInput is the matrix of the first grade's program on all rows.
func ProgramInput(d *dataset.Data, standardize, bias bool) mat.Matrix {
	rows := make([]int, d.Rows())
	for i := range rows {
		rows[i] = i
	}
	shift := grade.Identity(d.Features())
	if standardize {
		shift = grade.Standardise(d.X, rows)
	}
	x := shift.Apply(d.X, rows)
	if bias {
		x = grade.WithBias(x)
	}
	return x
}
