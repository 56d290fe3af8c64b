package proofs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// certificate names the grade's certificate in the run directory.
func (g *modelGrade) certificate() string {
	return fmt.Sprintf("certificates/grade-%03d-output-1.cert", g.Grade)
}

// grade checks the certificate of one grade and moves every part through it.
// The error is the file system's.
func (r *runChecker) grade(g *modelGrade) error {
	var c *Certificate
	for k, p := range r.parts {
		x := p.h
		if r.model.Bias {
			x = withOnes(x)
		}
		hidden := g.hidden(x)
		if k == 0 {
			var claims Report
			var err error
			if c, claims, err = r.certificate(g, x, p.e); err != nil {
				return err
			}
			r.composition(g, c, hidden)
			r.report.Claims = append(r.report.Claims, claims.Claims...)
		}
		before := p.pass(g, hidden)
		r.ledgerRow(g, c, p, before)
	}
	r.decreasing(g)
	return nil
}

// certificate reads and checks the grade's certificate on X_k and e_{k-1}; it
// is nil if there is none that can be read, which the claims then say.
func (r *runChecker) certificate(g *modelGrade, x Matrix, e []float64) (*Certificate, Report, error) {
	name := g.certificate()
	f, err := os.Open(filepath.Join(r.dir, filepath.FromSlash(name)))
	if err != nil {
		r.malformed(name, err)
		return nil, Report{}, nil
	}
	defer f.Close()
	h := sha256.New()
	c, claims, err := (&streamCheck{x: x, y: e, given: true}).check(io.TeeReader(f, h))
	if err == nil {
		_, err = io.Copy(h, f) // what a malformed certificate left unread
	}
	if err != nil {
		return nil, claims, err
	}
	r.judge(ClaimFile, name, "sha256 as in manifest.json", r.manifest.sameHash(name, hex.EncodeToString(h.Sum(nil))))
	for k := range claims.Claims {
		claim := &claims.Claims[k]
		if claim.Scope = fmt.Sprintf("grade %d %s", g.Grade, claim.Scope); c == nil {
			claim.Scope = name
		}
	}
	return c, claims, nil
}

// composition: the grade's program and network are the certificate's, and its
// features are scaled as the training rows say.
func (r *runChecker) composition(g *modelGrade, c *Certificate, hidden Matrix) {
	err := sameBits("model.json feature_scale", g.FeatureScale, recomputed, featureScales(hidden))
	if c != nil {
		err = errors.Join(err, r.sameProgram(g, c))
		r.worst = max(r.worst, slices.Index(statuses, c.Gap.Status))
		if c.Global != nil {
			r.worst = max(r.worst, slices.Index(statuses, c.Global.Status))
		}
	}
	r.judge(ClaimComposition, fmt.Sprintf("grade %d", g.Grade), fmt.Sprintf("%d neurons on %d inputs; features recomputed, equal to the bit", hidden.cols, g.InputDim), oneLine(err))
}

// Sources of what a number is compared with.
const (
	recomputed = "recomputed"
	theModel   = "model.json has"
)

// sameProgram compares the certificate's program and network with model.json's.
func (r *runChecker) sameProgram(g *modelGrade, c *Certificate) error {
	out := &g.Outputs[0]
	if c.Program.Activation != g.Activation || c.Program.Loss != g.Loss || c.Program.Intercept != r.model.Intercept {
		return fmt.Errorf("certificate: %s, %s, intercept %v; model.json: %s, %s, intercept %v",
			c.Program.Activation, c.Program.Loss, c.Program.Intercept, g.Activation, g.Loss, r.model.Intercept)
	}
	if len(c.Network.Neurons) != len(out.Neurons) {
		return fmt.Errorf("certificate: %d neurons, model.json has %d", len(c.Network.Neurons), len(out.Neurons))
	}
	err := sameBits("certificate beta, constant", []float64{c.Program.Beta, c.Network.Constant}, theModel, []float64{out.Beta, out.Constant})
	for j := range out.Neurons {
		u, v := &c.Network.Neurons[j], &out.Neurons[j]
		name := fmt.Sprintf("certificate neuron %d ", j)
		err = errors.Join(err, sameBits(name+"alpha", []float64{u.Alpha}, theModel, []float64{v.Alpha}),
			sameBits(name+"w", u.W, theModel, v.W), sameBits(name+"gate", u.Gate, theModel, v.Gate))
	}
	return err
}

// ledgerRow checks the row of a grade and part; without a certificate its last
// columns remain unproved, which the missing certificate's line says.
func (r *runChecker) ledgerRow(g *modelGrade, c *Certificate, p *part, before []float64) {
	m := p.measure(r.model.Output, before)
	row, err := r.ledger.take(g.Grade, p.name)
	if err == nil {
		err = row.checkNorms(len(p.e), m)
	}
	if err == nil && c != nil {
		err = row.checkProgram(g, c)
	}
	detail := fmt.Sprintf("recomputed, equal to the bit; |e| nonincreasing at %.0f of %d samples", math.Round(m.nonincreasing*float64(len(p.e))), len(p.e))
	r.judge(ClaimLedger, fmt.Sprintf("grade %d %s", g.Grade, p.name), detail, err)
}

// decreasing: ||e_k|| <= ||e_{k-1}|| on the training rows.
func (r *runChecker) decreasing(g *modelGrade) {
	before, after := r.squares, sumSquares(r.parts[0].e)
	r.squares = after
	var err error
	if !(after <= before) {
		err = fmt.Errorf("the training residual's squares rise from %v to %v", before, after)
	}
	r.judge(ClaimDecreasing, fmt.Sprintf("grade %d train", g.Grade), fmt.Sprintf("squared residual falls from %v to %v", before, after), err)
}
