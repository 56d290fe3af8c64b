package grade

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"multigrade/solver"
)

// Norms measure a residual e_k on one split of the data, in the target's units; for
// the losses of margins e_k is the label less the prediction cut to [-1, 1].
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
	var m measuring
	m.add(r, before, after)
	return m.norms()
}

// measuring is the sums that norms are made of, over rows that come one after the other.
type measuring struct {
	l1, squares, linf, kept float64
	rows                    int
}

func (m *measuring) add(r, before, after []float64) {
	for i, v := range r {
		m.l1 += math.Abs(v)
		m.squares += float64(v * v)
		m.linf = max(m.linf, math.Abs(v))
		if math.Abs(after[i]) <= math.Abs(before[i]) {
			m.kept++
		}
	}
	m.rows += len(r)
}

func (m *measuring) norms() Norms {
	n := float64(m.rows)
	mse := m.squares / n
	return Norms{L1: m.l1 / n, MSE: mse, L2: math.Sqrt(mse), Linf: m.linf, Nonincreasing: m.kept / n}
}

// Entry is one line of the ledger: what one grade left of one target on one part
// of the data. Grade 0 is the target itself.
type Entry struct {
	Grade  int
	Split  string // OnCV, OnTrain, OnValidation or OnTest
	Output int    // from 1; AllOutputs: all of several together
	Rows   int
	Norms
	Loss     float64 // of the grades so far, in the program's units
	Accuracy float64 // share of rows in the right class; NaN for a regression
	// Of the grade's program; zero and empty for grade 0.
	Neurons              int
	Beta                 float64
	Primal, Dual, RelGap float64
	Status               string // over the listed patterns
	Kept                 *KeptEntry
}

// KeptEntry tells, of an output that keeps a budget of neurons, what the budget
// did: Neurons, L1 and so on are those of the network kept.
type KeptEntry struct {
	Objective     float64 // of the network kept, in the program
	ConvexNeurons int     // of the network of the convex program
	ConvexMSE     float64 // mean square of the residual that network leaves
	ConvexL2      float64 // its root
}

// AllOutputs marks the entry for all outputs together: of the norms the means
// over the outputs (the maximum of linf), the accuracy of the class predicted, of loss, neurons, beta, primal and dual
// the sums, the worst status.
const AllOutputs = 0

// allOutputsName is how it is written.
const allOutputsName = "all"

// Ledger is the account of a training run: what each grade left of the
// residual, grades ascending, within a grade training, validation, test, within
// these the outputs, and after several outputs all of them.
type Ledger []Entry

// crossValidated puts the score behind grade k in front of the grade's other entries.
func (l *Ledger) crossValidated(m *Model, k int, plan *Plan) {
	if plan == nil || plan.behind(k) == nil {
		return
	}
	s := plan.behind(k)
	none := math.NaN()
	e := Entry{Grade: k, Split: OnCV, Output: 1, Rows: plan.Rows, Loss: s.Loss, Accuracy: none, Beta: none, Primal: none, Dual: none, RelGap: none,
		Norms: Norms{L1: none, L2: s.L2, Linf: none, MSE: float64(s.L2 * s.L2), Nonincreasing: none}}
	if m.Outputs() > 1 {
		e.Output = AllOutputs
	}
	if s.Accuracy != nil {
		e.Accuracy = *s.Accuracy
	}
	at := slices.IndexFunc(*l, func(e Entry) bool { return e.Grade == k })
	if at < 0 {
		at = len(*l)
	}
	*l = slices.Insert(*l, at, e)
}

// open adds the entries of grade 0 on the split.
func (l *Ledger) open(m *Model, p *splitState, o *Options) {
	var entries []Entry
	for t := range p.e {
		entries = append(entries, Entry{Split: p.name, Output: t + 1, Rows: len(p.e[t]),
			Norms: p.norms(m, t, p.e[t], p.total[t]), Loss: lossOf(o.loss(t), p.fit(t, p.e[t], p.total[t])), Accuracy: m.accuracy(p.total[t:t+1], p.y[t:t+1])})
	}
	if len(entries) > 1 {
		all := allOutputs(entries)
		all.Accuracy = m.accuracy(p.total, p.y)
		entries = append(entries, all)
	}
	*l = append(*l, entries...)
}

// add adds the entries of grade g on the split, which has not passed it yet.
func (l *Ledger) add(m *Model, p *splitState, g *Trained, o *Options) {
	var entries []Entry
	var totals [][]float64
	f := p.evaluate(g.Grade, m.Bias, g.Grade.Number < o.Grades).f
	for t, s := range g.Outputs {
		e, total := p.less(t, f[t])
		totals = append(totals, total)
		entries = append(entries, Entry{Grade: g.Grade.Number, Split: p.name, Output: t + 1, Rows: len(e),
			Norms: p.norms(m, t, e, total), Loss: lossOf(o.loss(t), p.fit(t, e, total)), Accuracy: m.accuracy(totals[t:], p.y[t:t+1]),
			Neurons: len(s.Output.Neurons), Beta: s.Output.Beta, Primal: s.Primal, Dual: s.Dual, RelGap: s.RelGap, Status: s.Listed.String(),
			Kept: keptEntry(m, g.Grade.phi(), p, t, s.Kept)})
	}
	if len(entries) > 1 {
		entries = append(entries, allOutputs(entries))
		a := &entries[len(g.Outputs)]
		a.Accuracy = m.accuracy(totals, p.y)
		a.RelGap, a.Status = solver.RelGap(a.Primal, a.Dual), g.worst(func(s *Solved) solver.Status { return s.Listed }).String()
	}
	*l = append(*l, entries...)
}

// accuracy is that of the outputs' sums, NaN for a regression.
func (m *Model) accuracy(total, y [][]float64) float64 {
	if m.Task == Regression.String() {
		return math.NaN()
	}
	return accuracy(total, y)
}

// keptEntry measures what the convex program's network leaves of target t; nil
// without a budget.
func keptEntry(m *Model, phi solver.Activation, p *splitState, t int, k *Kept) *KeptEntry {
	if k == nil {
		return nil
	}
	e, total := p.after(phi, t, &k.Convex, m.Bias)
	v := p.norms(m, t, e, total)
	return &KeptEntry{Objective: k.Objective, ConvexNeurons: k.Neurons, ConvexMSE: v.MSE, ConvexL2: v.L2}
}

// keptByAll is that of all outputs together.
func keptByAll(entries []Entry) *KeptEntry {
	var a KeptEntry
	for _, e := range entries {
		if e.Kept == nil {
			return nil
		}
		a.Objective += e.Kept.Objective
		a.ConvexNeurons += e.Kept.ConvexNeurons
		a.ConvexMSE += e.Kept.ConvexMSE
	}
	a.ConvexMSE /= float64(len(entries))
	a.ConvexL2 = math.Sqrt(a.ConvexMSE)
	return &a
}

// allOutputs is the entry for all outputs together, without gap and status.
func allOutputs(entries []Entry) Entry {
	a := Entry{Grade: entries[0].Grade, Split: entries[0].Split, Output: AllOutputs, Rows: entries[0].Rows}
	for _, e := range entries {
		a.L1 += e.L1
		a.MSE += e.MSE
		a.Linf = max(a.Linf, e.Linf)
		a.Nonincreasing += e.Nonincreasing
		a.Loss += e.Loss
		a.Neurons += e.Neurons
		a.Beta += e.Beta
		a.Primal += e.Primal
		a.Dual += e.Dual
	}
	n := float64(len(entries))
	a.L1 /= n
	a.MSE /= n
	a.L2 = math.Sqrt(a.MSE)
	a.Nonincreasing /= n
	a.Kept = keptByAll(entries)
	return a
}

// Find returns the entry of the grade on the split, that for all outputs where
// there are several; nil if there is none.
func (l Ledger) Find(grade int, split string) *Entry {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].Grade == grade && l[i].Split == split {
			return &l[i]
		}
	}
	return nil
}

// Output returns the entry of target t (from 0); nil if there is none.
func (l Ledger) Output(grade int, split string, t int) *Entry {
	for i := range l {
		if l[i].Grade == grade && l[i].Split == split && l[i].Output == t+1 {
			return &l[i]
		}
	}
	return nil
}

// The columns of a ledger; the last three are there with a budget of neurons.
const (
	ledgerHeader = "grade,split,output,rows,l1,l2,linf,mse,nonincreasing,loss,accuracy,neurons,beta,primal,dual,rel_gap,status"
	widthHeader  = ",objective,convex_neurons,convex_l2"
)

// Write writes the ledger as CSV. It holds no times: the same run writes the
// same bytes.
func (l Ledger) Write(w io.Writer) error {
	var b bytes.Buffer
	header, width := ledgerHeader, l.width()
	if width {
		header += widthHeader
	}
	fmt.Fprintln(&b, header)
	for i := range l {
		f := l[i].fields()
		if width {
			f = append(f, l[i].Kept.fields()...)
		}
		fmt.Fprintln(&b, strings.Join(f, ","))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// width reports whether there is a budget of neurons.
func (l Ledger) width() bool {
	return slices.ContainsFunc(l, func(e Entry) bool { return e.Kept != nil })
}

func (k *KeptEntry) fields() []string {
	if k == nil {
		return []string{"", "", ""}
	}
	return []string{number(k.Objective), strconv.Itoa(k.ConvexNeurons), number(k.ConvexL2)}
}

func (e *Entry) fields() []string {
	output := allOutputsName
	if e.Output != AllOutputs {
		output = strconv.Itoa(e.Output)
	}
	f := []string{strconv.Itoa(e.Grade), e.Split, output, strconv.Itoa(e.Rows)}
	for _, v := range []float64{e.L1, e.L2, e.Linf, e.MSE, e.Nonincreasing, e.Loss, e.Accuracy} {
		if math.IsNaN(v) {
			f = append(f, "")
		} else {
			f = append(f, number(v))
		}
	}
	if e.Grade == 0 || e.Split == OnCV {
		return append(f, "", "", "", "", "", "")
	}
	return append(f, strconv.Itoa(e.Neurons), number(e.Beta), number(e.Primal), number(e.Dual), number(e.RelGap), e.Status)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
