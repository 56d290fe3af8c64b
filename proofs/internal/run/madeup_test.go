package run

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/table"
)

// A madeUp run is a small run directory with honest claims about poor networks:
// random neurons, fitted one after the other, and a dual point scaled down until
// it is feasible without multipliers.
type madeUp struct {
	kind        string // csv, libsvm, npy
	gzip        bool
	gated       bool
	activation  string // of units that are not gated, relu if empty
	bias        bool
	intercept   bool
	standardize bool
	holdout     float64
	validation  float64
	refit       bool
	grades      int
	constant    bool // a constant target
	second      bool // a second target, csv only
	carry       bool
	decomposed  bool    // with gated: ReLU neurons in the model, whose gates were their weights
	zone        float64 // dead zones so many times as wide as they have to be; 0: none
	weights     string  // a column of weights, csv only; none if empty
	balanced    bool    // classes
	last        bool    // rows are the test's
	group       string  // a column of groups that the test has whole, csv only; none if empty
	stratified  bool    // the test
	fold        string  // of which the test is, "" if of none
	loss        string  // squared if empty
	task        string  // binary or multiclass, of the target's sign or size; regression if empty
	version     int     // the newest if 0
}

const (
	madeUpRows = 24
	madeUpCols = 3
)

// unit is the activation of units that are not gated.
func (s madeUp) unit() string { return cmp.Or(s.activation, certificate.ReLU) }

func (s madeUp) slope() float64 {
	slope, err := certificate.Slope(s.unit())
	if err != nil {
		panic(err)
	}
	return slope
}

// classes are those of the task.
func (s madeUp) classes() table.Classes {
	switch s.task {
	case table.TaskBinary:
		return table.Classes{"down", "up"}
	case table.TaskMulticlass:
		return table.Classes{"0", "1", "2"}
	}
	return nil
}

// write makes the run in dir, the data file in dir/data.
func (s madeUp) write(tb *testing.T, dir string) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(7, 11))
	raw, targets := s.dataFile(rng)
	table, err := table.Read(tb.Context(), raw, table.File{Kind: s.kind, Targets: targets, Classes: s.classes(), Weights: s.weights, Group: s.group})
	if err != nil {
		tb.Fatal(err)
	}
	if s.task != "" {
		table.Y = s.classes().Labels(s.task, table.Y[0])
	}
	m := s.model(table, targets)
	train, valid, held := m.split(table)
	parts := []*part{newPart(splitTrain, table, m, train)}
	if len(valid) > 0 {
		parts = append(parts, newPart(splitValidation, table, m, valid))
	}
	if len(held) > 0 {
		parts = append(parts, newPart(splitTest, table, m, held))
	}
	files := map[string][]byte{"data": raw}
	lines := []string{strings.Join(columnsOf(m.Version), ",")}
	for _, p := range parts {
		lines = append(lines, s.ledgerLines(m, 0, p, p.e, nil)...)
	}
	for k := 1; k <= s.grades; k++ {
		x := parts[0].input(m)
		g := modelGrade{Grade: k, Activation: s.unit(), Loss: m.Loss, Carry: s.carry, InputDim: x.Cols}
		if s.gated && !s.decomposed {
			g.Activation = certificate.Gated
		}
		var certificates []*certificate.Certificate
		for t, e := range parts[0].e {
			out, c := s.fit(rng, m, x, e, parts[0].weight)
			if m.margins() {
				s.toMargins(c, x, parts[0].y[t], parts[0].total[t], k)
			}
			if s.decomposed {
				out.Decomposed = &modelDecomposed{c.Network.Primal}
				for j := range out.Neurons {
					out.Neurons[j].Gate = nil
				}
			}
			if s.zone > 0 {
				out.DeadZone = s.deadZone(x, &out, e)
			}
			g.Outputs, certificates = append(g.Outputs, out), append(certificates, c)
			var text bytes.Buffer
			if err := certificate.Encode(&text, c); err != nil {
				tb.Fatal(err)
			}
			files[g.certificate(t)] = text.Bytes()
		}
		g.FeatureScale = featureScales(g.hidden(x))
		m.Grades = append(m.Grades, g)
		for _, p := range parts {
			hidden := g.hidden(p.input(m))
			before := p.pass(&g, g.networks(hidden), hidden)
			lines = append(lines, s.ledgerLines(m, k, p, before, g.programs(certificates))...)
		}
	}
	files["ledger.csv"] = []byte(strings.Join(lines, "\n") + "\n")
	if files["model.json"], err = json.Marshal(m); err != nil {
		tb.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "certificates"), 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, text := range files {
		writeFile(tb, dir, name, text)
	}
	rehash(tb, dir)
}

// deadZone is zone times the largest distance of the output's network from e.
func (s madeUp) deadZone(x exact.Matrix, out *modelOutput, e []float64) *float64 {
	g := modelGrade{Activation: s.unit(), Outputs: []modelOutput{*out}}
	eps := 0.0
	for i, v := range g.networks(g.hidden(x))[0] {
		eps = max(eps, up(math.Abs(e[i]-v)))
	}
	eps *= s.zone
	return &eps
}

func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// ledgerLines are the rows of a grade and part; programs is nil for grade 0.
func (s madeUp) ledgerLines(m *model, grade int, p *part, before [][]float64, programs []programNumbers) (lines []string) {
	var all []norms
	for t := range p.e {
		all = append(all, p.measure(m, t, before[t]))
	}
	if len(all) > 1 {
		all = append(all, together(all, p.accuracy(m, 0, len(p.e))))
		if programs != nil {
			programs = append(programs, sumOf(programs))
		}
	}
	for t, v := range all {
		output := strconv.Itoa(t + 1)
		if t == len(p.e) {
			output = allOutputs
		}
		value := map[string]string{"grade": strconv.Itoa(grade), "split": p.name, "output": output, "rows": strconv.Itoa(len(p.e[0])),
			"l1": shortest(v.l1), "l2": shortest(v.l2), "linf": shortest(v.linf), "mse": shortest(v.mse), "nonincreasing": shortest(v.nonincreasing), "loss": shortest(v.loss.Mid)}
		if s.task != "" {
			value["accuracy"] = shortest(v.accuracy)
		}
		if programs != nil {
			n := programs[t]
			value["neurons"], value["beta"], value["primal"] = strconv.Itoa(n.neurons), shortest(n.beta), shortest(n.primal)
			value["dual"], value["rel_gap"], value["status"] = shortest(n.bound), shortest(n.gap), n.status
		}
		var fields []string
		for _, column := range columnsOf(m.Version) {
			fields = append(fields, value[column])
		}
		lines = append(lines, strings.Join(fields, ","))
	}
	return lines
}

func writeFile(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// rehash writes manifest.json for the files as they are, and the data's hash
// into model.json.
func rehash(t *testing.T, dir string) {
	t.Helper()
	data := hash(readFile(t, dir, "data"))
	var model map[string]any
	d := json.NewDecoder(bytes.NewReader(readFile(t, dir, "model.json")))
	d.UseNumber()
	if err := d.Decode(&model); err != nil {
		t.Fatal(err)
	}
	model["data"].(map[string]any)["sha256"] = data
	raw, err := json.Marshal(model)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "model.json", raw)
	m := manifest{Format: manifestFormat, Version: manifestVersion, Status: certificate.StatusLimit, Files: map[string]string{}}
	m.Data.Path, m.Data.SHA256 = "data", data
	m.Options = optionsOf(t, raw)
	names, err := filepath.Glob(filepath.Join(dir, "certificates", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, filepath.Join(dir, "model.json"), filepath.Join(dir, "ledger.csv")) {
		name, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		m.Files[filepath.ToSlash(name)] = hash(readFile(t, dir, name))
	}
	if raw, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "manifest.json", raw)
}

// optionsOf are the options of a run with the model.
func optionsOf(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	m := new(model)
	if err := json.Unmarshal(raw, m); err != nil {
		t.Fatal(err)
	}
	options := map[string]any{"grades": len(m.Grades), "scope": scopeRestricted, "tol": 1e-6}
	for _, s := range m.settings() {
		options[s.option] = s.found
	}
	for _, g := range m.Grades {
		for t := range g.Outputs {
			options["activation"] = g.activation(&g.Outputs[t])
			options["dead_zone"] = g.Outputs[t].DeadZone != nil
		}
	}
	return options
}

func (s madeUp) model(data *table.Table, targets []string) *model {
	m := &model{Format: modelFormat, Version: max(s.version, 1), Loss: s.loss, Standardize: s.standardize, Bias: s.bias, Intercept: s.intercept, Grades: []modelGrade{}}
	m.Data.Kind, m.Data.SHA256, m.Data.Rows, m.Data.Features = s.kind, data.Sha256, data.X.Rows, data.X.Cols
	m.Data.Columns, m.Data.Target, m.Task, m.Classes = data.Columns, targets, table.TaskRegression, s.classes()
	if s.task != "" {
		m.Task = s.task
	}
	if s.version == 0 {
		m.Version = modelVersion
	}
	if m.Loss == "" {
		m.Loss = certificate.Squared
	}
	if certificate.FormParameter(m.Loss, 0) != nil {
		m.Threshold = 0.5
	}
	if s.weights != "" || s.balanced {
		m.Weights = &weights{s.weights, s.balanced}
	}
	m.Split.Holdout, m.Split.Validation, m.Split.Refit = s.holdout, s.validation, s.refit
	m.Split.Last, m.Split.Group, m.Split.Stratified = s.last, s.group, s.stratified
	m.Split.Fold = s.fold
	m.Input, m.Output = unitScaling(data.X.Cols), unitScaling(len(data.Y))
	train, _, _ := m.split(data)
	if s.standardize {
		m.Input = columnScaling(data.X, train)
		if s.task == "" {
			m.Output = targetScaling(data.Y, train)
		}
	}
	if s.carry {
		m.CarryShift = carryShifts(m.Input.apply(data.X, train))
	}
	return m
}

// dataFile returns a data file and its targets' names; one feature is constant.
func (s madeUp) dataFile(rng *rand.Rand) (raw []byte, targets []string) {
	rows := make([][]float64, madeUpRows)
	for i := range rows {
		a, b := math.Round(rng.NormFloat64()*100)/100, math.Round(rng.NormFloat64()*100)/100
		y := math.Round(100*(math.Abs(a)-2*max(b, 0)+0.1*rng.NormFloat64())) / 100
		if s.constant {
			y = 2.5
		}
		rows[i] = []float64{a, b, 1.5, y}
	}
	word := func(y float64) string { return shortest(y) }
	switch s.task {
	case table.TaskBinary:
		word = func(y float64) string { return map[bool]string{true: "up", false: " down"}[y > 0] }
	case table.TaskMulticlass:
		word = func(y float64) string {
			return map[bool]string{true: "2.0", false: map[bool]string{true: "1", false: "0"}[y > 0]}[y > 0.7]
		}
	}
	var b bytes.Buffer
	switch s.kind {
	case table.KindCSV:
		targets = []string{"price"}
		if s.second {
			targets = []string{"weight", "price"} // not in file order
		}
		header := "a,price,b,c,weight"[:len("a,price,b,c")+len(",weight")*(len(targets)-1)] // the target in the middle
		if s.weights != "" {
			header += "," + s.weights
		}
		if s.group != "" {
			header += "," + s.group
		}
		fmt.Fprintln(&b, header)
		for i, r := range rows {
			fmt.Fprintf(&b, "%v,%v,%v,%v", r[0], word(r[3]), r[1], r[2])
			if s.second {
				fmt.Fprintf(&b, ",%v", math.Abs(r[0]+r[1]))
			}
			if s.weights != "" {
				fmt.Fprintf(&b, ",%v", 3+i%4)
			}
			if s.group != "" {
				fmt.Fprintf(&b, ",who%v", 7*i%madeUpRows*10/madeUpRows*3%8)
			}
			fmt.Fprintln(&b)
		}
	case table.KindLibsvm:
		targets = []string{"label"}
		for i, r := range rows {
			fmt.Fprintf(&b, "%v 1:%v", word(r[3]), r[0])
			if i%2 == 0 {
				fmt.Fprintf(&b, " 2:%v", r[1])
			}
			fmt.Fprintf(&b, " 3:%v # row %d\n", r[2], i)
		}
	case table.KindNpy:
		targets = []string{"y"}
		header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 4), }", madeUpRows)
		header += strings.Repeat(" ", 117-len(header)) + "\n"
		b.WriteString("\x93NUMPY\x01\x00")
		b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
		b.WriteString(header)
		for _, r := range rows {
			for _, v := range r {
				b.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
			}
		}
	}
	if !s.gzip {
		return b.Bytes(), targets
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(b.Bytes())
	z.Close()
	return packed.Bytes(), targets
}

// fit makes the network and certificate of one grade.
func (s madeUp) fit(rng *rand.Rand, m *model, x exact.Matrix, e, weight []float64) (modelOutput, *certificate.Certificate) {
	c := &certificate.Certificate{Program: certificate.Program{Rows: x.Rows, Cols: x.Cols, Activation: s.unit(), Loss: m.Loss, Threshold: m.Threshold, Intercept: s.intercept, Beta: 0.0625, Weighted: weight != nil, Weights: weight, SHA256: certificate.ProgramHash(x, e)}}
	if s.gated {
		c.Program.Activation = certificate.Gated
	}
	left := append([]float64{}, e...)
	out := modelOutput{Beta: c.Program.Beta, Neurons: []modelNeuron{}}
	if s.intercept {
		for _, v := range e {
			out.Constant += v / float64(len(e))
		}
		for i := range left {
			left[i] -= out.Constant
		}
	}
	for range 3 {
		u := s.neuron(rng, x, left)
		words := make([]uint64, (x.Rows+63)/64)
		by := u.W
		if s.gated {
			by = u.Gate
		}
		for i := range x.Rows {
			if p := x.Product(i, by); p.Sign(p.Ball()) > 0 {
				words[i/64] |= 1 << (i % 64)
			}
			values, index := x.Row(i)
			left[i] -= u.Alpha * u.unit(s.slope(), values, index)
		}
		c.Patterns = append(c.Patterns, certificate.Pattern{Words: words})
		c.Network.Neurons = append(c.Network.Neurons, certificate.Neuron{Pattern: len(c.Patterns) - 1, Alpha: u.Alpha, W: u.W, Gate: u.Gate})
		out.Neurons = append(out.Neurons, u)
	}
	c.Network.Constant = out.Constant
	c.Dual = certificate.Dual{Scope: certificate.ScopeRestricted, Nu: s.dualPoint(c, x, left)}
	finish(c, x, e)
	c.Data, c.Gap.Status = nil, certificate.StatusLimit
	return out, c
}

// toMargins makes the certificate of squares one of labels: the same network, nu
// on the side of the labels and small, the claims of the loss.
func (s madeUp) toMargins(c *certificate.Certificate, x exact.Matrix, y, total []float64, grade int) {
	if c.Program.Shifted = grade > 1; c.Program.Shifted {
		c.Program.Offset = total
	}
	nu := c.Dual.Nu
	for i := range nu {
		nu[i] = y[i] / 1024
	}
	if s.intercept { // a pair of each sign sums to zero
		clear(nu)
		nu[slices.Index(y, 1)], nu[slices.Index(y, -1)] = 1.0/1024, -1.0/1024
	}
	finish(c, x, y)
	c.Data, c.Gap.Status = nil, certificate.StatusLimit
}

// neuron is a random direction, as long as fits e best, balanced unless gated.
func (s madeUp) neuron(rng *rand.Rand, x exact.Matrix, e []float64) modelNeuron {
	u := modelNeuron{W: make([]float64, x.Cols), Alpha: 1}
	for j := range u.W {
		u.W[j] = rng.NormFloat64()
	}
	if s.gated {
		u.Gate = append([]float64{}, u.W...)
	}
	var re, rr float64
	for i := range e {
		values, index := x.Row(i)
		r := u.unit(s.slope(), values, index)
		re, rr = re+r*e[i], rr+r*r
	}
	length := re / (rr + 1)
	if length < 0 {
		u.Alpha, length = -1, -length
	}
	for j := range u.W {
		u.W[j] *= length
	}
	if !s.gated {
		norm := math.Sqrt(dot(u.W, u.W))
		for j := range u.W {
			if norm > 0 {
				u.W[j] /= math.Sqrt(norm)
			}
		}
		u.Alpha *= math.Sqrt(norm)
	}
	return u
}

// domain bounds |nu_i| for the loss, that of linf by its worst case.
func domain(c *certificate.Certificate) float64 {
	switch c.Program.Loss {
	case certificate.Huber, "quantile":
		return c.Program.Threshold
	case certificate.L1, certificate.LInf:
		return 1
	case certificate.Squared, certificate.Logistic, certificate.Hinge, certificate.Monotone:
		return math.Inf(1)
	}
	panic("no made-up run has loss " + c.Program.Loss)
}

func absolutes(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Abs(x)
	}
	return out
}

// dualPoint is the residual, centred with an intercept, scaled until feasible,
// on a grid.
func (s madeUp) dualPoint(c *certificate.Certificate, x exact.Matrix, left []float64) []float64 {
	nu := append([]float64{}, left...)
	mean := 0.0
	for _, v := range nu {
		mean += v / float64(len(nu))
	}
	largest := 0.0
	for i := range nu {
		if s.intercept {
			nu[i] -= mean
		}
	}
	for _, p := range c.Patterns {
		v := adjoint(x, p, nu, s.slope())
		largest = max(largest, math.Sqrt(dot(v, v)))
	}
	scale := min(1, 0.999*float64(x.Rows)*c.Program.Beta/largest, domain(c)/slices.Max(absolutes(nu))/float64(2))
	const grid = 0x1p40
	sum := 0.0
	for i := range nu {
		nu[i] = math.Round(nu[i]*scale*grid) / grid
		sum += nu[i]
	}
	if s.intercept {
		nu[0] -= sum
	}
	return nu
}
