package rowsum

import (
	"encoding/json"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
)

// A message is a pass and what a Runner elsewhere needs to take it, but for the rows. Numbers are
// written so that they are read as the same.
type message struct {
	Gates     blas64.General `json:"gates"`
	Slope     float64        `json:"slope"`
	BlockRows int            `json:"block_rows"`
	Loss      string         `json:"loss"` // with its parameter, "" where the pass has none

	Walls    *Walls    `json:"walls,omitempty"`
	Cones    *Cones    `json:"cones,omitempty"`
	Exact    *Exact    `json:"exact,omitempty"`
	Above    *Above    `json:"above,omitempty"`
	Prices   *Prices   `json:"prices,omitempty"`
	Products *Products `json:"products,omitempty"`
	Line     *Line     `json:"line,omitempty"`
	Gram     *Gram     `json:"gram,omitempty"`
	KeepsNu  bool      `json:"keeps_nu,omitempty"` // Prices of all rows
	Nu       []float64 `json:"nu,omitempty"`       // of Products
}

// Encode writes a pass of r with a loss, for Decode elsewhere. Passes that keep more than nu of
// every row, or of rows with offsets, have no form elsewhere.
func Encode(r *Runner, l loss.Loss, p Pass) ([]byte, error) {
	if r.Shifted {
		return nil, errors.New("rowsum: passes over rows with offsets are not taken elsewhere")
	}
	m := message{Gates: r.Gates.RawMatrix(), Slope: r.Slope, BlockRows: r.BlockRows, Loss: l.Name()}
	if t, ok := loss.Parameter(l); ok {
		m.Loss = fmt.Sprintf("%s:%v", m.Loss, t)
	}
	switch p := p.(type) {
	case *Walls:
		m.Walls = p
	case *Cones:
		m.Cones = p
	case *Exact:
		m.Exact = p
	case *Above:
		q := *p
		q.Loss, m.Above = nil, &q
	case *Prices:
		q := *p
		q.Loss, q.Nu, m.Prices, m.KeepsNu = nil, nil, &q, p.Nu != nil
	case *Products:
		q := *p
		q.Loss, q.Nu, m.Products = nil, nil, &q
		n, _ := r.Rows.Dims()
		m.Nu = make([]float64, n)
		if err := p.Nu.Read(m.Nu, 0); err != nil {
			return nil, err
		}
	case *Line:
		m.Line = p
	case *Gram:
		m.Gram = p
	default:
		return nil, fmt.Errorf("rowsum: a pass %T is not taken elsewhere", p)
	}
	return json.Marshal(&m)
}

// Decode reads a pass of a Runner of the rows. Nu of all rows, of which Prices then sets those of
// a shard, is nil for other passes.
func Decode(raw []byte, rows Rows) (r *Runner, p Pass, nu []float64, err error) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, nil, nil, err
	}
	n, d := rows.Dims()
	if m.Gates.Cols != d || m.Gates.Rows < 1 || len(m.Gates.Data) != m.Gates.Rows*d {
		return nil, nil, nil, fmt.Errorf("rowsum: %d gates of %d entries for rows of %d columns", m.Gates.Rows, m.Gates.Cols, d)
	}
	l, err := loss.ParseLoss(m.Loss)
	if err != nil {
		return nil, nil, nil, err
	}
	curved, ok := loss.NewCurved(l)
	if !ok {
		return nil, nil, nil, fmt.Errorf("rowsum: loss %s is not taken elsewhere", m.Loss)
	}
	r = &Runner{Rows: rows, Gates: mat.NewDense(m.Gates.Rows, d, m.Gates.Data), Slope: m.Slope, BlockRows: m.BlockRows}
	switch {
	case m.Walls != nil:
		p = m.Walls
	case m.Cones != nil:
		p = m.Cones
	case m.Exact != nil:
		p = m.Exact
	case m.Above != nil:
		m.Above.Loss, p = l, m.Above
	case m.Prices != nil:
		m.Prices.Loss, m.Prices.Curved, p = l, curved, m.Prices
		if m.KeepsNu {
			nu = make([]float64, n)
			m.Prices.Nu = Values(nu)
		}
	case m.Products != nil:
		m.Products.Loss, p = l, m.Products
		if len(m.Nu) != n {
			return nil, nil, nil, fmt.Errorf("rowsum: nu has %d entries for %d rows", len(m.Nu), n)
		}
		m.Products.Nu = Values(m.Nu)
	case m.Line != nil:
		m.Line.Curved, p = curved, m.Line
	case m.Gram != nil:
		m.Gram.Curved, p = curved, m.Gram
	default:
		return nil, nil, nil, fmt.Errorf("rowsum: a message without a pass")
	}
	return r, p, nu, nil
}

// KeptNu is where Prices of all rows puts nu, nil for other passes.
func KeptNu(p Pass) Column {
	if q, ok := p.(*Prices); ok {
		return q.Nu
	}
	return nil
}

// RowsOf are the numbers of the first row of the blocks from <= k < to and of the row after them.
func (r *Runner) RowsOf(from, to int) (first, end int) {
	n, _ := r.Rows.Dims()
	return from * r.blockRows(), min(n, to*r.blockRows())
}
