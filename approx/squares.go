package approx

// A squaring is a polynomial as it is computed by squares: with u(t) = t (1 - t), node i is
//
//	v_i = rest_i(x, v) + sum over its squares of factor u(of(x, v)),   0 <= of <= 1,
//
// in nodes of lower levels, and the polynomial is a combination of x and all nodes.
type squaring struct {
	dim   int
	nodes []squareNode
	value combination
}

type squareNode struct {
	level   int // 1 if only x enters
	squares []square
	rest    combination
}

type square struct {
	factor float64
	of     combination
}

// combination is constant + x . X + sum of weight times node.
type combination struct {
	constant float64
	x        []float64
	nodes    map[int]float64
}

func (p *squaring) none() combination {
	return combination{x: make([]float64, p.dim), nodes: map[int]float64{}}
}

// plus adds a times another combination.
func (c combination) plus(a float64, b combination) combination {
	r := combination{c.constant + float64(a*b.constant), append([]float64(nil), c.x...), map[int]float64{}}
	for i, w := range c.nodes {
		r.nodes[i] = w
	}
	for j, w := range b.x {
		r.x[j] += float64(a * w)
	}
	for i, w := range b.nodes {
		r.nodes[i] += float64(a * w)
	}
	return r
}

// add makes a node.
func (p *squaring) add(squares []square, rest combination) combination {
	n := squareNode{1, squares, rest}
	raise := func(c combination) {
		for i, w := range c.nodes {
			if w != 0 {
				n.level = max(n.level, p.nodes[i].level+1)
			}
		}
	}
	for _, s := range squares {
		raise(s.of)
	}
	raise(rest)
	p.nodes = append(p.nodes, n)
	c := p.none()
	c.nodes[len(p.nodes)-1] = 1
	return c
}

// levels is the number of squares one after the other.
func (p *squaring) levels() int {
	l := 0
	for _, n := range p.nodes {
		l = max(l, n.level)
	}
	return l
}

// size is the number of squares.
func (p *squaring) size() int {
	n := 0
	for _, v := range p.nodes {
		n += len(v.squares)
	}
	return n
}

// unitary takes a combination from [-1, 1] to [0, 1].
func (p *squaring) unitary(c combination) combination {
	r := p.none()
	r.constant = 0.5
	return r.plus(0.5, c)
}

// product of combinations within [-1, 1] is ((a+b)/2)^2 - ((a-b)/2)^2, and w^2 = 1 - 4 u((w+1)/2); rest is added.
func (p *squaring) product(factor float64, a, b, rest combination) combination {
	half := p.none().plus(0.5, a)
	return p.add([]square{{-4 * factor, p.unitary(half.plus(0.5, b))}, {4 * factor, p.unitary(half.plus(-0.5, b))}}, rest)
}

// quadratic writes a formula that is a polynomial of degree 2 at most as an affine function and one u for each square and product of
// variables: x^2 = x - u(x), x y = 2 ((x+y)/2)^2 - x^2/2 - y^2/2. ok is false for other formulas. Coefficients are rounded.
func quadratic(f *Expr) (p *squaring, ok bool) {
	q, ok := polynomialOf(f)
	if !ok {
		return nil, false
	}
	p = &squaring{dim: f.Dim()}
	affine, variable := p.none(), make([]combination, p.dim)
	affine.constant = q.constant
	own := make([]float64, p.dim) // coefficients of u(x_j)
	for j := range variable {
		variable[j] = p.none()
		variable[j].x[j] = 1
		affine.x[j] += q.linear[j] + q.square[j][j]
		own[j] -= q.square[j][j]
	}
	for i := range variable {
		for j := i + 1; j < p.dim; j++ {
			c := q.square[i][j] + q.square[j][i]
			if c == 0 {
				continue
			}
			// 2 t^2 = 2 t - 2 u(t) = x + y - 2 u(t); less x^2/2 = (x - u(x))/2, likewise y.
			affine.x[i] += c / 2
			affine.x[j] += c / 2
			own[i] += c / 2
			own[j] += c / 2
			t := p.none().plus(0.5, variable[i]).plus(0.5, variable[j])
			affine = affine.plus(1, p.add([]square{{-2 * c, t}}, p.none()))
		}
	}
	for j, c := range own {
		if c != 0 {
			affine = affine.plus(1, p.add([]square{{c, variable[j]}}, p.none()))
		}
	}
	p.value = affine
	return p, true
}

// degree2 is constant + linear . x + x . square x.
type degree2 struct {
	constant float64
	linear   []float64
	square   [][]float64
}

func newDegree2(dim int) degree2 {
	q := degree2{linear: make([]float64, dim), square: make([][]float64, dim)}
	for j := range q.square {
		q.square[j] = make([]float64, dim)
	}
	return q
}

func (q degree2) degree() int {
	d := 0
	for j, l := range q.linear {
		if l != 0 {
			d = max(d, 1)
		}
		for _, s := range q.square[j] {
			if s != 0 {
				d = 2
			}
		}
	}
	return d
}

// add returns a q + b r.
func (q degree2) add(a, b float64, r degree2) degree2 {
	s := newDegree2(len(q.linear))
	s.constant = float64(a*q.constant) + float64(b*r.constant)
	for i := range s.linear {
		s.linear[i] = float64(a*q.linear[i]) + float64(b*r.linear[i])
		for j := range s.linear {
			s.square[i][j] = float64(a*q.square[i][j]) + float64(b*r.square[i][j])
		}
	}
	return s
}

func (q degree2) times(r degree2) (degree2, bool) {
	if q.degree()+r.degree() > 2 {
		return q, false
	}
	s := q.add(r.constant, 0, q)
	s = s.add(1, q.constant, r)
	s.constant = float64(q.constant * r.constant)
	for i, a := range q.linear {
		for j, b := range r.linear {
			s.square[i][j] += float64(a * b)
		}
	}
	return s, true
}

// polynomialOf expands a formula of sums, products, quotients by constants and powers.
func polynomialOf(f *Expr) (degree2, bool) {
	v := make([]degree2, len(f.code))
	for i, in := range f.code {
		v[i] = newDegree2(f.dim)
		ok := true
		switch {
		case f.depends[i] == 0:
			v[i].constant = f.constant[i].Mid()
		case in.op == opVariable:
			v[i].linear[in.index] = 1
		case in.op == opNegate:
			v[i] = v[in.a].add(-1, 0, v[in.a])
		case in.op == opAdd:
			v[i] = v[in.a].add(1, 1, v[in.b])
		case in.op == opSubtract:
			v[i] = v[in.a].add(1, -1, v[in.b])
		case in.op == opMultiply:
			v[i], ok = v[in.a].times(v[in.b])
		case in.op == opDivide && f.depends[in.b] == 0:
			v[i] = v[in.a].add(1/v[in.b].constant, 0, v[in.a])
		case in.op == opPower && f.exponent[i] == 1:
			v[i] = v[in.a]
		case in.op == opPower && f.exponent[i] == 2:
			v[i], ok = v[in.a].times(v[in.a])
		default:
			ok = false
		}
		if !ok {
			return degree2{}, false
		}
	}
	return v[len(v)-1], true
}
