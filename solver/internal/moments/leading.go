package moments

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

const (
	// leftOut is the share of n beta that the directions left out may add to a neuron: small targets may be made of these. With 1e-2 a gap
	// that was 2e-6 along all directions was .066.
	leftOut = 1e-4
	// leastSpread is the variance of a direction, as a share of that of all, below which one is left out where the interior-point
	// method cannot be afforded with it. The features of composed networks have many: of 37 features of
	// elevation data 5, with which a gap is .95, without .33.
	leastSpread = 1e-7
	// mostSpread is the share of the variance that directions may have together which are left out for the interior-point method beyond
	// these. A gap along all directions and along those left was, where .0047 was left out, .79 and .58 (200 x 45), .0022 .279 and .277
	// (80 x 41), 7e-5 .108 and .108 in 10.7 and 7.1 CPU seconds (308 x 56), but .03 .31 and .43 (442 x 68).
	mostSpread = 0.01
	// leadingPart of the directions or fewer must be left, since rows lose the zeros that they have.
	leadingPart = 0.9
	// denser than X, by stored entries, they are at most.
	denser = 2
	// eigenWork, times the cube of the order, is about the cost of a matrix's directions.
	eigenWork = 10
	// turningShare of the work is what finding the directions may cost.
	turningShare = 0.01
)

// leading are the rows in coordinates along their principal directions, but for those left out (leftOut, leastSpread); X itself where that
// saves little. The moments of neurons are taken in these, while the evidence is about X: it holds wherever its multipliers come from.
func (p *Problem) leading() operator.Design {
	n, d := p.X.Dims()
	work := float64(n)*float64(d)*float64(d) + eigenWork*float64(d)*float64(d)*float64(d)
	if work > turningShare*p.Work {
		return p.X
	}
	gram := make([]float64, d*d)
	p.X.Gram(gram, slices.Repeat([]float64{1}, n))
	var eigen mat.EigenSym
	p.X.Book(eigenWork * float64(d) * float64(d) * float64(d))
	if !eigen.Factorize(mat.NewSymDense(d, gram), true) {
		return p.X
	}
	values := eigen.Values(nil) // ascending
	first := p.leftOut(values)
	first = p.affordable(values, first)
	k := d - first
	if float64(k) > leadingPart*float64(d) || n*k > denser*p.X.Stored() {
		return p.X
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	turn, turned := operator.NewGeneral(k, d), operator.NewGeneral(k, n)
	for j := range k {
		for i := range d {
			turn.Data[j*d+i] = vectors.At(i, d-1-j)
		}
	}
	p.X.Mul(turned, turn)
	rows := make([]float64, n*k)
	for j := range k {
		for i, v := range operator.RowOf(turned, j) {
			rows[i*k+j] = v
		}
	}
	x, err := operator.NewCountedDesign(mat.NewDense(n, k, rows), p.X.Account())
	if err != nil {
		return p.X
	}
	return x
}

// affordable is how many of the directions with such ascending sums of squares are left out so that the interior-point method can be
// afforded: first at least; those of hardly any variance, or else as many as that takes, if they have little.
func (p *Problem) affordable(squares []float64, first int) int {
	n, d, work := len(p.Y), len(squares), p.coupleWork()
	if p.settles(n, d-first, work) {
		return first
	}
	total := floats.Sum(squares)
	flat := max(first, slices.IndexFunc(squares, func(v float64) bool { return v > leastSpread*total }))
	left := floats.Sum(squares[:flat])
	for k := flat; k < d-1 && left <= mostSpread*total; k++ {
		if p.settles(n, d-k, work) {
			return k
		}
		left += squares[k]
	}
	return first
}

// leftOut is how many of the directions with such ascending sums of squares add little to nu'X at a dual point, which is about as large as
// that of the best constant; never all.
func (p *Problem) leftOut(squares []float64) int {
	_, nu := loss.NullModel(p.Loss, p.Y, p.Intercept)
	most, sum := leftOut*p.Beta*float64(len(p.Y)), 0.0
	for k, v := range squares[:len(squares)-1] {
		if sum += max(v, 0); math.Sqrt(sum)*floats.Norm(nu, 2) > most {
			return k
		}
	}
	return len(squares) - 1
}
