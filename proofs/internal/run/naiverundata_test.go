package run

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// naiveRows are rows of the data on their way through the grades; vectors per output first.
type naiveRows struct {
	name        string
	h, carried  [][]float64
	y, e, total [][]float64
	weighted    bool
	weight      []float64 // in the loss; ones but for training rows
}

// deal reads the data and deals the rows out.
func (r *naiveRun) deal() error {
	m := &r.m
	raw, err := os.ReadFile(filepath.Join(r.dir, r.manifest.Data.Path))
	if err != nil {
		return err
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(raw))
	r.claim("data", sum == m.Data.SHA256 && sum == r.manifest.Data.SHA256)
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if raw, err = io.ReadAll(z); err != nil {
			return err
		}
	}
	var columns []string
	switch m.Data.Kind {
	case "csv":
		columns, err = r.csv(string(raw))
	case "libsvm":
		r.libsvm(string(raw))
		columns = m.Data.Columns // the file names none
	default:
		err = fmt.Errorf("kind %q", m.Data.Kind)
	}
	if err != nil {
		return err
	}
	r.claim("data", len(r.x) == m.Data.Rows && slices.Equal(columns, m.Data.Columns) && len(columns) == m.Data.Features)
	if len(r.wrong) > 0 {
		return errors.New("other data")
	}
	dealt := func(i int, share float64) bool { return math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share) }
	rows, left := map[string][]int{}, 0
	tested := r.tested(dealt)
	for i := range r.x {
		switch {
		case tested[i]:
			rows["test"] = append(rows["test"], i)
			continue
		case dealt(left, m.Split.Validation) && !m.Split.Refit:
			rows["validation"] = append(rows["validation"], i)
		default:
			rows["train"] = append(rows["train"], i)
		}
		left++
	}
	r.claim("data", len(rows["train"]) > 0)
	r.rescale(rows["train"])
	for _, name := range []string{"train", "validation", "test"} {
		if rows[name] != nil {
			r.parts = append(r.parts, r.part(name, rows[name]))
		}
	}
	return nil
}

// tested are the rows of the test.
func (r *naiveRun) tested(dealt func(int, float64) bool) []bool {
	s, n := r.m.Split, len(r.x)
	tested := make([]bool, n)
	switch {
	case s.Last:
		for k := 1; k <= int(math.Floor(float64(n)*s.Holdout)); k++ {
			tested[n-k] = true
		}
	case s.Group != "":
		b, t := 0.0, 0.0
		for i := range n {
			if slices.Index(r.groups, r.groups[i]) < i {
				continue
			}
			size := 0.0
			for _, g := range r.groups {
				if g == r.groups[i] {
					size++
				}
			}
			b += size
			if s.Holdout*b-t >= size/2 {
				t += size
				for j, g := range r.groups {
					tested[j] = tested[j] || g == r.groups[i]
				}
			}
		}
	case s.Fold != "":
		part, parts, _ := strings.Cut(s.Fold, "/")
		k, _ := strconv.Atoi(part)
		for of, _ := strconv.Atoi(parts); k <= n; k += of {
			tested[k-1] = true
		}
	case s.Stratified:
		before := func(i, j int) bool {
			for t := range r.y { // of classes the later one has the later 1
				if a, b := r.y[t][i], r.y[t][j]; a != b {
					return (a < b) == (len(r.y) == 1 || r.m.Task == "regression")
				}
			}
			return i < j
		}
		for i := range n {
			place := 0
			for j := range n {
				if before(j, i) {
					place++
				}
			}
			tested[i] = dealt(place, s.Holdout)
		}
	default:
		for i := range n {
			tested[i] = dealt(i, s.Holdout)
		}
	}
	return tested
}

// class is the index of a class as it stands in the data.
func (r *naiveRun) class(field string) float64 {
	numbers := true
	for _, c := range r.m.Classes {
		_, err := strconv.ParseFloat(c, 64)
		numbers = numbers && err == nil
	}
	for k, c := range r.m.Classes {
		a, _ := strconv.ParseFloat(c, 64)
		b, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if numbers && err == nil && a == b || !numbers && c == strings.TrimSpace(field) {
			return float64(k)
		}
	}
	panic("class " + field)
}

// target adds row i's target, or labels of its class.
func (r *naiveRun) target(fields []string) {
	var row []float64
	switch {
	case r.m.Task == "regression":
		for _, f := range fields {
			row = append(row, naiveNumber(f))
		}
	default:
		for k := range r.m.Classes {
			label := -1.0
			if r.class(fields[0]) == float64(k) {
				label = 1
			}
			if k > 0 || r.m.Task == "multiclass" {
				row = append(row, label)
			}
		}
	}
	for len(r.y) < len(row) {
		r.y = append(r.y, nil)
	}
	for t, v := range row {
		r.y[t] = append(r.y[t], v)
	}
}

func naiveNumber(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		panic(err)
	}
	return v
}

func (r *naiveRun) csv(text string) (columns []string, err error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	header := strings.Split(lines[0], ",")
	weights := ""
	if r.m.Weights != nil {
		weights = r.m.Weights.Column
	}
	for _, name := range header {
		if !slices.Contains(r.m.Data.Target, name) && name != weights && name != r.m.Split.Group {
			columns = append(columns, name)
		}
	}
	for _, line := range lines[1:] {
		f := strings.Split(line, ",")
		var row []float64
		for k, name := range header {
			if name == weights {
				r.weights = append(r.weights, naiveNumber(f[k]))
			} else if name == r.m.Split.Group {
				r.groups = append(r.groups, f[k])
			} else if !slices.Contains(r.m.Data.Target, name) {
				row = append(row, naiveNumber(f[k]))
			}
		}
		var targets []string
		for _, name := range r.m.Data.Target {
			at := slices.Index(header, name)
			if at < 0 {
				return nil, errors.New("no target " + name)
			}
			targets = append(targets, f[at])
		}
		r.x = append(r.x, row)
		r.target(targets)
	}
	return columns, nil
}

func (r *naiveRun) libsvm(text string) {
	d := r.m.Data.Features
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		row, stored := make([]float64, d), make([]bool, d)
		for _, pair := range f[1:] {
			j, v, _ := strings.Cut(pair, ":")
			row[int(naiveNumber(j))-1], stored[int(naiveNumber(j))-1] = naiveNumber(v), true
		}
		r.x, r.stored = append(r.x, row), append(r.stored, stored)
		r.target(f[:1])
	}
}

// rescale re-derives shifts and scales and compares them with the model's.
func (r *naiveRun) rescale(train []int) {
	m := &r.m
	for j := range m.Data.Features {
		shift, scale := 0.0, 1.0
		if m.Standardize {
			shift, scale = r.moments(func(i int) (float64, bool) { return r.x[i][j], r.stored == nil || r.stored[i][j] }, train, r.stored != nil)
		}
		r.claim("standardisation", m.Input.Shift[j] == shift && m.Input.Scale[j] == scale)
	}
	for t := range m.Output.Scale {
		shift, scale := 0.0, 1.0
		if m.Standardize && m.Task == "regression" {
			shift, scale = r.moments(func(i int) (float64, bool) { return r.y[t][i], true }, train, false)
		}
		r.claim("standardisation", m.Output.Shift[t] == shift && m.Output.Scale[t] == scale)
	}
}

// moments are shift and scale of a column.
func (r *naiveRun) moments(at func(i int) (float64, bool), rows []int, sparse bool) (shift, scale float64) {
	n, stored, sum, equal, first := float64(len(rows)), 0.0, 0.0, true, math.NaN()
	for _, i := range rows {
		if v, ok := at(i); ok {
			if stored == 0 {
				first = v
			}
			sum, stored, equal = sum+v, stored+1, equal && v == first
		}
	}
	mean, squares := sum/n, 0.0
	if equal && stored == n {
		if sparse {
			return 0, 0
		}
		return first, 0
	}
	for _, i := range rows {
		if v, ok := at(i); ok {
			squares += float64((v - mean) * (v - mean))
		}
	}
	if !sparse {
		return mean, math.Sqrt(squares / n)
	}
	return 0, math.Sqrt((squares + float64((n-stored)*float64(mean*mean))) / n)
}

// part takes rows with the model's own shifts and scales.
func (r *naiveRun) part(name string, rows []int) *naiveRows {
	m, p := &r.m, &naiveRows{name: name}
	scaled := func(v, shift, scale float64) float64 {
		if scale == 0 {
			return 0
		}
		return (v - shift) / scale
	}
	for _, i := range rows {
		h, c := make([]float64, m.Data.Features), make([]float64, m.Data.Features)
		for j, v := range r.x[i] {
			if r.stored == nil || r.stored[i][j] {
				h[j] = scaled(v, m.Input.Shift[j], m.Input.Scale[j])
			}
			if m.CarryShift != nil {
				c[j] = max(0, h[j]+m.CarryShift[j])
			}
		}
		p.h, p.carried = append(p.h, h), append(p.carried, c)
	}
	p.weight = make([]float64, len(rows))
	for k := range rows {
		p.weight[k] = 1
	}
	if name == "train" && m.Weights != nil {
		r.weigh(p, rows)
	}
	for t := range r.y {
		var y, e []float64
		for _, i := range rows {
			y, e = append(y, r.y[t][i]), append(e, scaled(r.y[t][i], m.Output.Shift[t], m.Output.Scale[t]))
		}
		p.y, p.e, p.total = append(p.y, y), append(p.e, e), append(p.total, make([]float64, len(rows)))
	}
	return p
}

// weigh sets the weights of training rows.
func (r *naiveRun) weigh(p *naiveRows, rows []int) {
	label := func(i int) (s string) {
		for t := range r.y {
			s += fmt.Sprint(r.y[t][i])
		}
		return s
	}
	raw, sum := make([]float64, len(rows)), 0.0
	for k, i := range rows {
		raw[k] = 1
		if r.m.Weights.Column != "" {
			raw[k] = r.weights[i]
		}
		if r.m.Weights.Balanced {
			like := 0
			for _, other := range rows {
				if label(other) == label(i) {
					like++
				}
			}
			raw[k] /= float64(like)
		}
		sum += raw[k]
	}
	for k := range raw {
		if slices.Max(raw) > slices.Min(raw) {
			p.weight[k] = raw[k] / (sum / float64(len(raw)))
			p.weighted = true
		}
	}
}

// standardised: the carried inputs are shifted by as much as the training rows need.
func (r *naiveRun) standardised() error {
	for j, shift := range r.m.CarryShift {
		least := 0.0
		for _, h := range r.parts[0].h {
			least = min(least, h[j])
		}
		r.claim("standardisation", shift == -least)
	}
	return nil
}
