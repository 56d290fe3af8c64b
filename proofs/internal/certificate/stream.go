package certificate

import (
	"errors"
	"io"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// A streamCheck checks a certificate while it is read. Patterns are checked in
// batches and then forgotten, except those of the neurons, so memory holds the
// data, the network, nu and one batch, however long the list is.
type StreamCheck struct {
	X     exact.Matrix
	Y     []float64
	O     []float64 // the offset of a shifted loss
	W     []float64 // the weights of the samples, nil without
	Given bool      // x, y, o and w come from outside, not from the certificate

	pass  *listedPass
	batch []Pattern
	owned map[int]bool // patterns the neurons refer to
	next  int          // number of the next pattern
}

// batchSize is how many patterns are held at a time.
const batchSize = 256

// each receives pattern after pattern from decode.
func (s *StreamCheck) each(c *Certificate, p *Pattern) {
	if s.next == 0 {
		s.begin(c)
	}
	if s.pass != nil {
		s.batch = append(s.batch, *p)
		if len(s.batch) == batchSize {
			s.flush()
		}
	}
	if !s.owned[s.next] {
		p.Words = nil
	}
	p.Plus, p.Minus = nil, nil
	s.next++
}

// begin takes the certificate's own data if none were given; without fitting
// data there is no pass.
func (s *StreamCheck) begin(c *Certificate) {
	s.owned = make(map[int]bool)
	for _, u := range c.Network.Neurons {
		s.owned[u.Pattern] = true
	}
	if !s.Given && c.Data != nil {
		s.X, s.Y = c.Data.X, c.Data.Y
	}
	if s.Given && c.Program.Shifted {
		c.Program.Offset = s.O
	}
	if s.Given && c.Program.Weighted {
		c.Program.Weights = s.W
	}
	if Shapes(c, s.X, s.Y) == nil {
		s.pass = (&Checker{C: c, X: s.X, Y: s.Y}).newListedPass()
	}
}

func (s *StreamCheck) flush() {
	s.pass.add(s.batch)
	s.batch = s.batch[:0]
}

// finish checks what is left and reports, once c is read to its end.
func (s *StreamCheck) finish(c *Certificate) verdict.Report {
	if s.next == 0 {
		s.begin(c)
	}
	var r verdict.Report
	if err := Shapes(c, s.X, s.Y); err != nil {
		r.Add(ClaimProgram, ScopeRestricted, verdict.Invalid, err.Error())
		return r
	}
	s.flush()
	s.pass.blocks.claims(&r, s.pass)
	return r
}

// Check reads and checks a certificate. The certificate returned has lost its
// multipliers and all patterns but the neurons'; it is nil if malformed, which
// the report then says. The error is r's.
func (s *StreamCheck) Check(r io.Reader) (*Certificate, verdict.Report, error) {
	var report verdict.Report
	c, err := decode(r, s.each)
	var malformed *MalformedError
	switch {
	case errors.As(err, &malformed):
	case err != nil:
		return nil, report, err
	case s.Given && c.Data != nil:
		err = errors.New("section data: a certificate in a run directory goes by the run's data")
	case !s.Given && c.Data == nil:
		err = errors.New("no section data: this certificate can only be checked inside its run directory")
	default:
		return c, s.finish(c), nil
	}
	report.Add(verdict.ClaimFormat, verdict.ScopeFile, verdict.Malformed, err.Error())
	return nil, report, nil
}
