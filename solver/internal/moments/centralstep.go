package moments

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
)

// complementarity is the mean product of slacks and multipliers after a share of the step.
func (p *central) complementarity(share float64) float64 {
	sum := 0.0
	for _, s := range p.side {
		for k, v := range s.slack {
			if p.skipped(k) {
				continue
			}
			if share != 0 {
				sum += (v + share*s.ds[k]) * (s.mult[k] + share*s.dm[k])
			} else {
				sum += v * s.mult[k]
			}
		}
		for k, v := range s.z {
			if share != 0 {
				sum += (v + share*s.dz[k]) * (s.y[k] + share*s.dy[k])
			} else {
				sum += v * s.y[k]
			}
		}
	}
	return sum / float64(p.constraints())
}

// direct solves for the step towards mu, less what bent and bentZ say, by the factors of the system.
func (p *central) direct(mu float64) {
	for _, s := range p.side {
		s.coef = resized(s.coef, len(s.g))
		for k := range s.g {
			if !p.skipped(k) {
				s.coef[k] = (mu-s.bent[k])/s.slack[k] - s.mult[k]/s.slack[k]*(s.g[k]-s.slack[k])
			}
		}
		for k, v := range s.zi {
			s.matrix[k] = mu*v - s.bentZ[k]
		}
	}
	p.force()
	copy(p.dx, p.rhs)
	p.system.solve(p, p.dx)
	for j, s := range p.side {
		s.along(p, p.dx[p.base(j):p.base(j)+p.m+len(p.live)])
		s.ds, s.dm = resized(s.ds, len(s.g)), resized(s.dm, len(s.g))
		for k := range s.g {
			if p.skipped(k) {
				continue
			}
			s.ds[k] = s.dg[k] + s.g[k] - s.slack[k]
			s.dm[k] = (mu-s.bent[k])/s.slack[k] - s.mult[k] - s.mult[k]/s.slack[k]*s.ds[k]
		}
		s.sandwich(s.dy, s.zi, s.dz, s.y, p.d+1)
		for k := range s.dy {
			s.dy[k] = s.matrix[k] - s.y[k] - s.dy[k]
		}
	}
}

// sandwich sets dst to (A B C + C B A)/2 of symmetric matrices, of which dst is none.
func (s *interior) sandwich(dst, a, b, c []float64, D int) {
	general := func(v []float64) blas64.General { return blas64.General{Rows: D, Cols: D, Stride: D, Data: v} }
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, general(a), general(b), 0, general(s.ab))
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, general(s.ab), general(c), 0, general(dst))
	for i := range D {
		for j := range i + 1 {
			v := (dst[i*D+j] + dst[j*D+i]) / 2
			dst[i*D+j], dst[j*D+i] = v, v
		}
	}
}

// reach is the largest step that keeps all slacks, multipliers and matrices positive, a
// little less for the matrices, at most 1.
func (p *central) reach() float64 {
	t := 1.0
	for _, s := range p.side {
		for k := range s.slack {
			if p.skipped(k) {
				continue
			}
			if v := s.ds[k]; v < 0 {
				t = min(t, -s.slack[k]/v)
			}
			if v := s.dm[k]; v < 0 {
				t = min(t, -s.mult[k]/v)
			}
		}
	}
	D := p.d + 1
	definite := func(a, da []float64, t float64, into []float64) bool {
		copy(into, a)
		floats.AddScaled(into, t, da)
		_, ok := dense.Potrf(blas64.Symmetric{N: D, Stride: D, Data: into, Uplo: blas.Upper})
		return ok
	}
	for _, s := range p.side {
		for t > 1e-9 && !(definite(s.z, s.dz, t, s.into) && definite(s.y, s.dy, t, s.into)) {
			t *= 0.85
		}
	}
	return t
}

// iterate makes a step of the method; false where it comes to nothing.
func (p *central) iterate() bool {
	const inside = 0.97
	p.coupled.x.Book(p.stepWork())
	ok := false
	for ridge := 1e-13; !ok && ridge < 1e-6; ridge *= 100 {
		p.derive()
		ok = p.system.factor(p, ridge)
	}
	if !ok {
		return false
	}
	for _, s := range p.side {
		s.bent = resized(s.bent, len(s.g))
		clear(s.bent)
		clear(s.bentZ)
	}
	mu := p.complementarity(0)
	p.direct(0)
	t := p.reach()
	sigma := math.Pow(p.complementarity(t)/mu, 3)
	sigma = min(max(sigma, 1e-4), 1)
	for _, s := range p.side {
		for k := range s.bent {
			if !p.skipped(k) {
				s.bent[k] = s.ds[k] * s.dm[k]
			}
		}
		s.sandwich(s.bentZ, s.zi, s.dz, s.dy, p.d+1)
	}
	p.direct(sigma * mu)
	t2 := inside * p.reach()
	for ; t2 > 1e-8; t2 *= 0.7 {
		floats.AddScaledTo(p.next, p.x, t2, p.dx)
		if p.set(p.next) {
			break
		}
	}
	if !(t2 > 1e-8) {
		p.set(p.x)
		return false
	}
	p.x, p.next = p.next, p.x
	p.off *= 1 - t2
	for _, s := range p.side {
		for k := range s.slack {
			if !p.skipped(k) {
				s.slack[k] += t2 * s.ds[k]
				s.mult[k] += t2 * s.dm[k]
			}
		}
		floats.AddScaled(s.y, t2, s.dy)
	}
	return true
}

// multipliers sets those of the halves.
func (p *central) multipliers() {
	for _, s := range p.side {
		for _, i := range p.live {
			m := s.mult[perRow*i : perRow*i+perRow]
			s.upper[i], s.plus[i], s.minus[i], s.curved[i] = m[0], m[1], m[2], m[3]
		}
		for k := range s.triangles {
			s.triangles[k].multiplier = s.mult[perRow*p.n+k]
		}
	}
}

const (
	// loose is the multiplier, as a share of the typical weight of a row, below which a
	// triangle is dropped: with a hundred times as much, those in use were dropped, too.
	loose = 3e-4
	// newSlack is that of a new triangle, as a share of the e of its row.
	newSlack = 0.05
)

// little is the multiplier below which a triangle is loose.
func (p *central) little() float64 {
	return loose * floats.Norm(p.nu, 2) / (2 * math.Pow(float64(p.n), 1.5))
}

// cut adds violated triangles, and drops loose ones. It returns how many were added, and the
// cost.
func (p *central) cut() (added int, work float64) {
	p.multipliers()
	mu := p.complementarity(0)
	little := p.little()
	for _, s := range p.side {
		for k := range s.triangles {
			t := &s.triangles[k]
			if t.slack = s.slack[perRow*p.n+k]; t.multiplier < little {
				t.multiplier = 0
			}
		}
	}
	added, work = p.separate()
	p.off = 1
	for _, s := range p.side {
		keep := len(s.slack) - 1 - len(s.path)
		trace, of := slices.Clone(s.slack[keep:]), slices.Clone(s.mult[keep:])
		s.slack, s.mult = s.slack[:perRow*p.n], s.mult[:perRow*p.n]
		for k := range s.triangles {
			t := &s.triangles[k]
			if t.slack == 0 {
				root := s.rho * math.Sqrt(s.half.rest(t, p.d)+flattening*flattening*s.rho*s.rho*t.square)
				t.slack = max(root-excess(t, s.even), newSlack*s.even[t.row])
				t.multiplier = mu / t.slack
			}
			s.slack, s.mult = append(s.slack, t.slack), append(s.mult, t.multiplier)
		}
		s.slack, s.mult = append(s.slack, trace...), append(s.mult, of...)
	}
	return added, work
}
