package grade

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Norms measure a residual e_k on one part of the data, in the target's units.
type Norms struct {
	L1   float64 // mean |e|
	L2   float64 // root mean square
	Linf float64 // maximum of |e|
	MSE  float64 // mean square
	// Nonincreasing is the share of rows with |e_k| <= |e_{k-1}|; 1 for e_0.
	Nonincreasing float64
}

// measure computes the norms of the residuals r; before and after are e_{k-1}
// and e_k in the units of the program.
func measure(r, before, after []float64) Norms {
	n := float64(len(r))
	var m Norms
	kept := 0.0
	for i, v := range r {
		m.L1 += math.Abs(v)
		m.MSE += float64(v * v)
		m.Linf = max(m.Linf, math.Abs(v))
		if math.Abs(after[i]) <= math.Abs(before[i]) {
			kept++
		}
	}
	m.L1 /= n
	m.MSE /= n
	m.L2 = math.Sqrt(m.MSE)
	m.Nonincreasing = kept / n
	return m
}

// Entry is one line of the ledger: one grade on one part of the data. Grade 0
// is the target itself.
type Entry struct {
	Grade int
	Split string // OnTrain, OnValidation or OnTest
	Rows  int
	Norms
	// Of the grade's program; zero and empty for grade 0.
	Neurons              int
	Beta                 float64
	Primal, Dual, RelGap float64
	Status               string
}

// Ledger is the account of a training run: what each grade left of the
// residual, grades ascending, within a grade training, validation, test.
type Ledger []Entry

// Find returns the entry of the grade on the split, nil if there is none.
func (l Ledger) Find(grade int, split string) *Entry {
	for i := range l {
		if l[i].Grade == grade && l[i].Split == split {
			return &l[i]
		}
	}
	return nil
}

const ledgerHeader = "grade,split,rows,l1,l2,linf,mse,nonincreasing,neurons,beta,primal,dual,rel_gap,status"

// Write writes the ledger as CSV. It holds no times: the same run writes the
// same bytes.
func (l Ledger) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, ledgerHeader)
	for i := range l {
		fmt.Fprintln(&b, strings.Join(l[i].fields(), ","))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (e *Entry) fields() []string {
	f := []string{strconv.Itoa(e.Grade), e.Split, strconv.Itoa(e.Rows),
		number(e.L1), number(e.L2), number(e.Linf), number(e.MSE), number(e.Nonincreasing)}
	if e.Grade == 0 {
		return append(f, "", "", "", "", "", "")
	}
	return append(f, strconv.Itoa(e.Neurons), number(e.Beta), number(e.Primal), number(e.Dual), number(e.RelGap), e.Status)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
