package naive

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"multigrade/proofs/internal/verdict"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A second checker, written from FORMAT.md alone and as plainly as possible:
// the whole file in memory, every number a big.Rat, no error bounds, no
// threads. It shares nothing with the first but the standard library.

// A naiveAnswer about a claim, from good to bad.
type Answer int

const (
	Holds Answer = iota
	Room         // it is true, but so narrowly that FORMAT.md lets a checker refuse it
	Fails
)

func naiveIf(holds bool) Answer {
	if holds {
		return Holds
	}
	return Fails
}

// Check returns the answer to every claim, or an error for a malformed file.
func Check(text string) (map[string]Answer, error) {
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	answers := map[string]Answer{
		"program": naiveIf(c.program()), "primal-feasible": naiveIf(c.primalFeasible()), "primal": c.primal(), "objective": c.objective(),
		"multipliers": naiveIf(c.multipliers()), "dual-feasible": naiveIf(c.dualFeasible()), "dual": c.dual(), "gap": naiveIf(c.gap()),
	}
	if c.Global != nil {
		answers["global-feasible"], answers["global-dual"], answers["global-gap"] = c.globalAnswers()
	}
	return answers, nil
}

// naiveAgrees: the report has the same claims, and the same answers where there
// is only one.
func Agrees(answers map[string]Answer, r verdict.Report) bool {
	for _, claim := range r.Claims {
		answer, ok := answers[claim.Name]
		if !ok || answer != Room && (answer == Holds) != (claim.Verdict == verdict.Valid) {
			return false
		}
	}
	return len(answers) == len(r.Claims)
}

type Neuron struct {
	pattern int
	Alpha   *big.Rat
	W, Gate []*big.Rat
}

type Certificate struct {
	n, d                     int
	Gated, Intercept, Ridge  bool
	Slope                    *big.Rat // of the activation for negative numbers
	LossName                 string
	Shifted                  bool
	offset                   []*big.Rat // zeros unless shifted
	Weighted                 bool
	weight                   []*big.Rat // ones unless weighted
	Beta, Threshold          *big.Rat
	sha                      string
	X                        [][]*big.Rat
	y, Nu                    []*big.Rat
	raw                      []byte // the bytes to hash
	Constant                 *big.Rat
	Neurons                  []Neuron
	PrimalC, objectiveC      *big.Rat
	Bound, relGap, tolerance *big.Rat
	bits                     [][]bool
	mu                       [][2][]*big.Rat
	Status                   string
	Global                   *naiveGlobal // nil without section global
}

var (
	naiveDecimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	naiveInteger = regexp.MustCompile(`^[0-9]{1,10}$`)
	naiveWord    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	naiveSHA     = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

var errNaive = errors.New("malformed")

// naiveLines hands out the lines of a file, each cut at its spaces.
type naiveLines struct {
	lines []string
	bad   bool
}

func (l *naiveLines) fail() { l.bad = true }

// line returns the fields after the given keyword, at least least of them.
func (l *naiveLines) line(keyword string, least int) []string {
	if l.bad || len(l.lines) == 0 {
		l.fail()
		return make([]string, least)
	}
	fields := strings.Split(l.lines[0], " ")
	l.lines = l.lines[1:]
	if fields[0] != keyword || len(fields) < least+1 {
		l.fail()
		return make([]string, least)
	}
	return fields[1:]
}

func (l *naiveLines) exactly(keyword string, count int) []string {
	f := l.line(keyword, count)
	if len(f) != count {
		l.fail()
		return make([]string, count)
	}
	return f
}

func (l *naiveLines) peek(keyword string) bool {
	return len(l.lines) > 0 && strings.HasPrefix(l.lines[0], keyword+" ")
}

func (l *naiveLines) integer(s string, lo, hi int) int {
	n, err := strconv.Atoi(s)
	if !naiveInteger.MatchString(s) || err != nil || n < lo || n > hi {
		l.fail()
		return lo
	}
	return n
}

func (l *naiveLines) float(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if !naiveDecimal.MatchString(s) || err != nil || len(s) > 64 {
		l.fail()
		return 0
	}
	return v
}

func (l *naiveLines) number(s string) *big.Rat { return new(big.Rat).SetFloat64(l.float(s)) }

func (l *naiveLines) numbers(fields []string) []*big.Rat {
	var v []*big.Rat
	for _, f := range fields {
		v = append(v, l.number(f))
	}
	return v
}

func (l *naiveLines) oneOf(s string, known ...string) string {
	for _, k := range known {
		if s == k {
			return s
		}
	}
	l.fail()
	return s
}

func Parse(text string) (*Certificate, error) {
	if !strings.HasSuffix(text, "\n") {
		return nil, errNaive
	}
	l := &naiveLines{}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, b := range []byte(line) {
			if b < ' ' || b > '~' {
				return nil, errNaive
			}
		}
		l.lines = append(l.lines, line)
	}
	const most = 2147483647
	c := &Certificate{}
	l.oneOf(l.exactly("multigrade-certificate", 1)[0], "1")
	c.n = l.integer(l.exactly("rows", 1)[0], 1, most)
	c.d = l.integer(l.exactly("cols", 1)[0], 1, 16777216)
	neurons := l.integer(l.exactly("neurons", 1)[0], 0, most)
	patterns := l.integer(l.exactly("patterns", 1)[0], 0, most)
	multipliers := l.integer(l.exactly("multipliers", 1)[0], 0, most)
	l.oneOf(l.exactly("section", 1)[0], "program")
	c.activation(l, l.exactly("activation", 1)[0])
	name := l.line("loss", 1)
	c.LossName = l.oneOf(name[0], "squared", "huber", "quantile", "l1", "linf", "logistic", "hinge", "monotone")
	c.Threshold = RatInt(1)
	name = name[1:]
	if c.LossName == "huber" || c.LossName == "quantile" {
		if len(name) == 0 {
			l.fail()
			name = []string{"1"}
		}
		c.Threshold = l.number(name[0])
		name = name[1:]
	}
	if c.ofLabels() && len(name) > 0 && name[0] == "offset" {
		c.Shifted, name = true, name[1:]
	}
	if c.LossName != "linf" && c.LossName != "monotone" && len(name) > 0 && name[0] == "weights" {
		c.Weighted, name = true, name[1:]
	}
	if len(name) > 0 {
		l.fail()
	}
	if c.Threshold.Sign() <= 0 || c.LossName == "quantile" && c.Threshold.Cmp(RatInt(1)) >= 0 {
		l.fail()
	}
	c.Intercept = l.oneOf(l.exactly("intercept", 1)[0], "true", "false") == "true"
	beta := l.line("beta", 1)
	c.Beta = l.number(beta[0])
	if c.Ridge = len(beta) > 1; c.Ridge && (len(beta) > 2 || beta[1] != "ridge" || !c.Gated || c.LossName != "squared" || c.Weighted || c.Beta.Sign() == 0) {
		l.fail()
	}
	if c.sha = l.exactly("sha256", 1)[0]; !naiveSHA.MatchString(c.sha) || c.Beta.Sign() < 0 {
		l.fail()
	}
	c.parseData(l)
	c.parseNetwork(l, neurons, patterns)
	c.parseDual(l)
	c.parsePatterns(l, patterns, multipliers)
	l.oneOf(l.exactly("section", 1)[0], "gap")
	c.relGap = l.number(l.exactly("rel_gap", 1)[0])
	c.tolerance = l.number(l.exactly("tol", 1)[0])
	c.Status = l.oneOf(l.exactly("status", 1)[0], "optimal", "limit", "time", "stalled", "interrupted")
	c.parseGlobal(l)
	l.exactly("end", 0)
	if l.bad || len(l.lines) > 0 || c.tolerance.Sign() <= 0 {
		return nil, errNaive
	}
	return c, nil
}

// activation reads relu, gated, abs or leaky:s with 0 < s < 1.
func (c *Certificate) activation(l *naiveLines, name string) {
	c.Slope = new(big.Rat)
	switch {
	case strings.HasPrefix(name, "leaky:"):
		c.Slope = l.number(strings.TrimPrefix(name, "leaky:"))
		if c.Slope.Sign() <= 0 || c.Slope.Cmp(RatInt(1)) >= 0 {
			l.fail()
		}
	case name == "abs":
		c.Slope = RatInt(-1)
	default:
		c.Gated = l.oneOf(name, "relu", "gated") == "gated"
	}
}

// times is what a unit makes of its inner product: 1 where it is active.
func (c *Certificate) times(active bool) *big.Rat {
	if active {
		return RatInt(1)
	}
	return c.Slope
}

func (c *Certificate) parseData(l *naiveLines) {
	f := l.exactly("section", 2)
	l.oneOf(f[0], "data")
	sparse := l.oneOf(f[1], "dense", "sparse") == "sparse"
	if c.n > 1<<30/c.d {
		l.fail()
	}
	put := func(v float64) { c.raw = binary.LittleEndian.AppendUint64(c.raw, math.Float64bits(v)) }
	for i := 0; i < c.n && !l.bad; i++ {
		row := make([]float64, 0)
		if !sparse {
			for _, s := range l.exactly("x", c.d) {
				row = append(row, l.float(s))
			}
		} else {
			f := l.line("x", 1)
			k := l.integer(f[0], 0, c.d)
			if len(f) != 2*k+1 {
				l.fail()
				return
			}
			row = make([]float64, c.d)
			last := -1
			for e := range k {
				j := l.integer(f[1+2*e], last+1, c.d-1)
				if l.bad {
					return
				}
				row[j], last = l.float(f[2+2*e]), j
			}
		}
		var rats []*big.Rat
		for _, v := range row {
			put(v)
			rats = append(rats, new(big.Rat).SetFloat64(v))
		}
		c.X = append(c.X, rats)
	}
	if l.bad {
		return
	}
	fields := l.exactly("y", c.n)
	c.y = l.numbers(fields)
	for _, s := range fields {
		put(l.float(s))
	}
	c.offset = make([]*big.Rat, c.n)
	for i := range c.offset {
		c.offset[i] = new(big.Rat)
	}
	if c.Shifted {
		fields = l.exactly("offset", c.n)
		c.offset = l.numbers(fields)
		for _, s := range fields {
			put(l.float(s))
		}
	}
	c.weight = make([]*big.Rat, c.n)
	for i := range c.weight {
		c.weight[i] = RatInt(1)
	}
	if c.Weighted {
		fields = l.exactly("weights", c.n)
		c.weight = l.numbers(fields)
		for _, s := range fields {
			put(l.float(s))
		}
	}
}

func (c *Certificate) parseNetwork(l *naiveLines, neurons, patterns int) {
	l.oneOf(l.exactly("section", 1)[0], "network")
	c.Constant = l.number(l.exactly("constant", 1)[0])
	for i := 0; i < neurons && !l.bad; i++ {
		f := l.exactly("neuron", 2)
		u := Neuron{pattern: l.integer(f[0], 0, patterns-1), Alpha: l.number(f[1])}
		u.W = l.numbers(l.exactly("w", c.d))
		if c.Gated {
			u.Gate = l.numbers(l.exactly("gate", c.d))
		}
		c.Neurons = append(c.Neurons, u)
	}
	c.PrimalC = l.number(l.exactly("primal", 1)[0])
	c.objectiveC = l.number(l.exactly("objective", 1)[0])
}

func (c *Certificate) parseDual(l *naiveLines) {
	f := l.exactly("section", 2)
	l.oneOf(f[0], "dual")
	l.oneOf(f[1], "restricted")
	if l.bad {
		return
	}
	c.Nu = l.numbers(l.exactly("nu", c.n))
	c.Bound = l.number(l.exactly("bound", 1)[0])
}

func (c *Certificate) parsePatterns(l *naiveLines, patterns, multipliers int) {
	l.oneOf(l.exactly("section", 1)[0], "patterns")
	for p := 0; p < patterns && !l.bad; p++ {
		bits := make([]bool, c.n)
		for k, word := range l.exactly("pattern", (c.n+63)/64) {
			if !naiveWord.MatchString(word) {
				l.fail()
				return
			}
			v, _ := strconv.ParseUint(word, 16, 64)
			for b := range 64 {
				if v>>b&1 == 1 {
					if 64*k+b >= c.n {
						l.fail()
						return
					}
					bits[64*k+b] = true
				}
			}
		}
		c.bits = append(c.bits, bits)
		var both [2][]*big.Rat
		for s, keyword := range []string{"mu+", "mu-"} {
			both[s] = make([]*big.Rat, c.n)
			for i := range both[s] {
				both[s][i] = new(big.Rat)
			}
			if !l.peek(keyword) {
				continue
			}
			f := l.line(keyword, 1)
			k := l.integer(f[0], 1, c.n)
			if c.Gated || len(f) != 2*k+1 {
				l.fail()
				return
			}
			last := -1
			for e := range k {
				i := l.integer(f[1+2*e], last+1, c.n-1)
				if l.bad {
					return
				}
				both[s][i], last = l.number(f[2+2*e]), i
				multipliers--
			}
		}
		c.mu = append(c.mu, both)
	}
	if multipliers != 0 {
		l.fail()
	}
}

func RatMul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func ratAdd(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
func RatSub(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func RatInt(n int) *big.Rat         { return big.NewRat(int64(n), 1) }

func RatDot(a, b []*big.Rat) *big.Rat {
	s := new(big.Rat)
	for k := range a {
		s.Add(s, RatMul(a[k], b[k]))
	}
	return s
}

func (c *Certificate) program() bool {
	return c.labelled() && fmt.Sprintf("%x", sha256.Sum256(c.raw)) == c.sha && (c.Intercept || c.Constant.Sign() == 0)
}

func (c *Certificate) ofLabels() bool { return c.LossName == "hinge" || c.LossName == "logistic" }

// labelled: without labels, or with weights that are not positive, the loss and all
// claims about it mean nothing.
func (c *Certificate) labelled() bool {
	for _, w := range c.weight {
		if w.Sign() <= 0 {
			return false
		}
	}
	for _, y := range c.y {
		if c.ofLabels() && new(big.Rat).Abs(y).Cmp(RatInt(1)) != 0 {
			return false
		}
	}
	return true
}

func (c *Certificate) primalFeasible() bool {
	for j, u := range c.Neurons {
		if c.Ridge && slices.ContainsFunc(c.Neurons[:j], func(v Neuron) bool { return v.pattern == u.pattern }) {
			return false
		}
		for i, x := range c.X {
			bit := c.bits[u.pattern][i]
			if c.Gated {
				if (RatDot(x, u.Gate).Sign() > 0) != bit {
					return false
				}
				continue
			}
			if z := RatDot(x, u.W).Sign(); bit && z < 0 || !bit && z > 0 {
				return false
			}
		}
	}
	return c.boxed()
}

// boxed: no prediction of loss monotone is farther from its target than 0 is.
func (c *Certificate) boxed() bool {
	for i, x := range c.X {
		r := RatSub(c.Constant, c.y[i])
		for _, u := range c.Neurons {
			r.Add(r, RatMul(c.times(c.bits[u.pattern][i]), RatMul(u.Alpha, RatDot(x, u.W))))
		}
		if c.LossName == "monotone" && r.Abs(r).Cmp(new(big.Rat).Abs(c.y[i])) > 0 {
			return false
		}
	}
	return true
}

// Loss is the mean of phi(yhat, y), the maximum for linf; neuron j being active at row i where on says so.
func (c *Certificate) Loss(on func(u Neuron, i int) bool) Range {
	s := naivePoint(new(big.Rat))
	for i, x := range c.X {
		r := RatSub(ratAdd(c.Constant, c.offset[i]), c.y[i])
		for _, u := range c.Neurons {
			r.Add(r, RatMul(c.times(on(u, i)), RatMul(u.Alpha, RatDot(x, u.W))))
		}
		if c.LossName == "logistic" {
			s = s.Plus(naiveOnce(naiveSoftplus, "softplus", RatMul(c.y[i], ratAdd(r, c.y[i]))).times(c.weight[i]))
		} else if v := c.phi(r, c.y[i]); c.LossName != "linf" {
			s = s.Plus(naivePoint(v).times(c.weight[i]))
		} else if v.Cmp(s.Hi) > 0 {
			s = naivePoint(v)
		}
	}
	if c.LossName == "linf" {
		return s
	}
	return s.times(big.NewRat(1, int64(c.n)))
}

// phi is the loss of one sample with yhat - y = r, where it is rational.
func (c *Certificate) phi(r, y *big.Rat) *big.Rat {
	size, half := new(big.Rat).Abs(r), big.NewRat(1, 2)
	switch c.LossName {
	case "l1", "linf":
		return size
	case "quantile": // r is yhat - y
		above := RatMul(RatSub(RatInt(1), c.Threshold), r)
		below := RatMul(RatSub(new(big.Rat), c.Threshold), r)
		if above.Cmp(below) > 0 {
			return above
		}
		return below
	case "hinge":
		v := RatSub(RatInt(1), RatMul(y, ratAdd(r, y)))
		if v.Sign() < 0 {
			return new(big.Rat)
		}
		return v
	case "huber":
		if size.Cmp(c.Threshold) > 0 {
			return RatMul(c.Threshold, RatSub(size, RatMul(half, c.Threshold)))
		}
	}
	return RatMul(half, RatMul(r, r))
}

// bounded: nu lies in the domain of the dual function.
func (c *Certificate) bounded() bool {
	sum := new(big.Rat)
	for i, v := range c.Nu {
		v = new(big.Rat).Quo(v, c.weight[i])
		size := new(big.Rat).Abs(v)
		sum.Add(sum, size)
		within := true
		switch c.LossName {
		case "l1", "huber":
			within = size.Cmp(c.Threshold) <= 0
		case "quantile":
			within = v.Cmp(c.Threshold) <= 0 && RatSub(c.Threshold, v).Cmp(RatInt(1)) <= 0
		case "hinge", "logistic":
			s := RatMul(v, c.y[i])
			within = s.Sign() >= 0 && s.Cmp(RatInt(1)) <= 0
		}
		if !within {
			return false
		}
	}
	return c.LossName != "linf" || sum.Cmp(RatInt(c.n)) <= 0
}

// Roots encloses beta sum |alpha| ||w||, of ridge beta/2 sum alpha^2 ||w||^2: 2^-3000 apart per neuron at most, and
// equal when every root is rational with few digits.
func (c *Certificate) Roots() Range {
	sum := naivePoint(new(big.Rat))
	if c.Ridge {
		for _, u := range c.Neurons {
			half := RatMul(RatMul(u.Alpha, u.Alpha), RatMul(RatDot(u.W, u.W), big.NewRat(1, 2)))
			sum = sum.Plus(naivePoint(half))
		}
		return sum.times(c.Beta)
	}
	scale := new(big.Int).Lsh(big.NewInt(1), 3000)
	for _, u := range c.Neurons {
		q := RatMul(RatMul(u.Alpha, u.Alpha), RatDot(u.W, u.W)) // q = a/b; sqrt(q) = sqrt(a b)/b
		ab := new(big.Int).Mul(q.Num(), q.Denom())
		scaled := new(big.Int).Mul(ab, new(big.Int).Mul(scale, scale))
		root := new(big.Int).Sqrt(scaled)
		denominator := new(big.Int).Mul(q.Denom(), scale)
		lo := new(big.Rat).SetFrac(root, denominator)
		if new(big.Int).Mul(root, root).Cmp(scaled) != 0 {
			root = new(big.Int).Add(root, big.NewInt(1))
		}
		sum = sum.Plus(Range{lo, new(big.Rat).SetFrac(root, denominator)})
	}
	return sum.times(c.Beta)
}

func (c *Certificate) primal() Answer {
	if !c.labelled() {
		return Fails
	}
	loss := c.Loss(func(u Neuron, i int) bool { return c.bits[u.pattern][i] })
	return c.AtMost(loss.Plus(c.Roots()), c.PrimalC)
}

func (c *Certificate) objective() Answer {
	if !c.labelled() {
		return Fails
	}
	if c.Gated {
		loss := c.Loss(func(u Neuron, i int) bool { return RatDot(c.X[i], u.Gate).Sign() > 0 })
		return c.AtMost(loss.Plus(c.Roots()), c.objectiveC)
	}
	value := c.Loss(func(u Neuron, i int) bool { return RatDot(c.X[i], u.W).Sign() > 0 })
	for _, u := range c.Neurons {
		decay := ratAdd(RatDot(u.W, u.W), RatMul(u.Alpha, u.Alpha))
		value = value.Plus(naivePoint(decay.Mul(decay, RatMul(c.Beta, big.NewRat(1, 2)))))
	}
	return c.AtMost(value, c.objectiveC)
}

func (c *Certificate) multipliers() bool {
	for _, both := range c.mu {
		for _, mu := range both {
			for _, m := range mu {
				if m.Sign() < 0 {
					return false
				}
			}
		}
	}
	return true
}

// balanced: with an intercept nu sums to 0.
func (c *Certificate) balanced() bool {
	sum := new(big.Rat)
	for _, v := range c.Nu {
		sum.Add(sum, v)
	}
	return !c.Intercept || sum.Sign() == 0
}

func (c *Certificate) dualFeasible() bool {
	if !c.balanced() {
		return false
	}
	if c.Ridge {
		return true
	}
	radius := RatMul(RatInt(c.n), c.Beta)
	for p, bits := range c.bits {
		for s := range 2 {
			v := make([]*big.Rat, c.d)
			for j := range v {
				v[j] = new(big.Rat)
				for i := range c.X {
					coefficient := RatMul(RatMul(RatInt(1-2*s), c.times(bits[i])), c.Nu[i])
					if bits[i] {
						coefficient.Add(coefficient, c.mu[p][s][i])
					} else {
						coefficient.Sub(coefficient, c.mu[p][s][i])
					}
					v[j].Add(v[j], RatMul(coefficient, c.X[i][j]))
				}
			}
			if RatDot(v, v).Cmp(RatMul(radius, radius)) > 0 {
				return false
			}
		}
	}
	return true
}

// dual decides bound <= D(nu) as -D(nu) <= -bound.
func (c *Certificate) dual() Answer {
	if !c.labelled() || !c.bounded() {
		return Fails
	}
	minus := naivePoint(RatDot(c.Nu, c.offset)) // -n D(nu)
	size := new(big.Rat)
	switch c.LossName {
	case "logistic":
		for i, v := range c.Nu {
			s := RatMul(new(big.Rat).Quo(v, c.weight[i]), c.y[i])
			minus = minus.Plus(naiveOnce(naiveNegentropy, "negentropy", s).times(c.weight[i]))
		}
	case "squared", "huber":
		for i, v := range c.Nu {
			half := RatMul(RatMul(v, v), big.NewRat(1, 2))
			half.Quo(half, c.weight[i])
			if minus = minus.Plus(naivePoint(half)); c.Weighted {
				size.Add(size, ratAdd(half, new(big.Rat).Abs(RatMul(v, c.y[i]))))
			}
		}
		fallthrough
	default:
		minus = minus.Plus(naivePoint(RatSub(new(big.Rat), RatDot(c.Nu, c.y))))
	}
	for i, v := range c.Nu {
		if r := new(big.Rat).Abs(c.y[i]); c.LossName == "monotone" { // y - z at the minimum of (z - y)^2/2 + v z
			if r.Cmp(new(big.Rat).Abs(v)) > 0 {
				r.Abs(v)
			}
			r.Mul(r, RatInt(v.Sign()))
			minus = minus.Plus(naivePoint(RatSub(RatMul(v, r), RatMul(RatMul(r, r), big.NewRat(1, 2)))))
		}
	}
	if c.Ridge { // the least of beta/2 |u|^2 - u'X'D nu/n over u is -|X'D nu|^2/(2 beta n^2)
		for _, bits := range c.bits {
			for j := range c.d {
				v := new(big.Rat)
				for i := range c.X {
					if bits[i] {
						v.Add(v, RatMul(c.Nu[i], c.X[i][j]))
					}
				}
				v.Mul(v, v)
				gain := v.Quo(v, RatMul(RatInt(2*c.n), c.Beta))
				minus = minus.Plus(naivePoint(gain))
				size.Add(size, gain)
			}
		}
		for i, v := range c.Nu {
			size.Add(size, ratAdd(RatMul(RatMul(v, v), big.NewRat(1, 2)), new(big.Rat).Abs(RatMul(v, c.y[i]))))
		}
		size.Mul(size, big.NewRat(int64(c.n+c.d+len(c.bits)), int64(c.n+c.d+len(c.Neurons))))
	}
	share := big.NewRat(1, int64(c.n))
	value, claimed := minus.times(share), RatSub(new(big.Rat), c.Bound)
	if size.Sign() > 0 {
		return c.atMost(value, claimed, RatMul(size, share))
	}
	return c.AtMost(value, claimed)
}

func (c *Certificate) gap() bool {
	largest := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 1022))
	for _, v := range []*big.Rat{c.PrimalC, c.Bound} {
		if a := new(big.Rat).Abs(v); a.Cmp(largest) > 0 {
			largest = a
		}
	}
	difference, _ := RatSub(c.PrimalC, c.Bound).Float64()
	if math.IsInf(difference, 0) {
		return false
	}
	quotient, _ := new(big.Rat).Quo(new(big.Rat).SetFloat64(difference), largest).Float64()
	claimed, _ := c.relGap.Float64()
	near := c.relGap.Cmp(c.tolerance) <= 0 && c.tolerance.Cmp(new(big.Rat).SetFloat64(0.1)) <= 0
	return claimed == quotient && (c.Status != "optimal" || near)
}
