package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// certificate names the certificate of output t (from 0) in the run directory.
func (g *modelGrade) certificate(t int) string {
	return fmt.Sprintf("certificates/grade-%03d-output-%d.cert", g.Grade, t+1)
}

// owns reports whether the file is one of the grade's certificates.
func (g *modelGrade) owns(name string) bool {
	for t := range g.Outputs {
		if g.certificate(t) == name {
			return true
		}
	}
	return false
}

// grade checks the certificates of one grade and moves every part through it.
// The error is the file system's.
func (r *runChecker) grade(g *modelGrade) error {
	certificates := make([]*certificate.Certificate, len(g.Outputs))
	for k, p := range r.parts {
		x := p.input(r.model)
		var hidden exact.Matrix
		var values [][]float64
		var scales []float64
		last := g == &r.model.Grades[len(r.model.Grades)-1]
		if last {
			values, scales = g.last(x)
		} else {
			hidden = g.hidden(x)
			values, scales = g.networks(hidden), featureScales(hidden)
		}
		if k == 0 {
			var claims verdict.Report
			for t := range g.Outputs {
				c, of, err := r.certificate(g, t, x)
				if err != nil {
					return err
				}
				certificates[t] = c
				if c != nil {
					r.certificateSettings(g, t, c)
				}
				r.width(g, t, x)
				r.decomposed(g, t, x, c)
				claims.Claims = append(claims.Claims, of.Claims...)
			}
			r.composition(g, certificates, scales)
			r.report.Claims = append(r.report.Claims, claims.Claims...)
		}
		programs := g.programs(certificates)
		for t := range programs {
			programs[t].convex = p.convex(r.model, g, t, x, certificates[t])
		}
		before := p.e
		if last {
			p.passLast(g, values)
		} else {
			p.pass(g, values, hidden)
		}
		if k == 0 {
			r.monotone(g, before)
			r.deadZones(g, values, before)
		}
		r.ledgerRows(g.Grade, p, before, programs)
	}
	r.decreasing(g)
	return nil
}

// scope names output t of the grade in the report.
func (g *modelGrade) scope(t int) string {
	if len(g.Outputs) == 1 {
		return fmt.Sprintf("grade %d", g.Grade)
	}
	return fmt.Sprintf("grade %d output %d", g.Grade, t+1)
}

// shifted says that the grade's programs have an offset: the sum of the earlier
// grades, where the loss is one of labels.
func (g *modelGrade) shifted(m *model) bool { return m.margins() && g.Grade > 1 }

// program is what the certificate of output t is checked on: e_{k-1} or, for a
// loss of labels, these and the sum of the earlier grades.
func (r *runChecker) program(g *modelGrade, t int, x exact.Matrix) *certificate.StreamCheck {
	p := r.parts[0]
	s := &certificate.StreamCheck{X: x, Y: p.e[t], W: p.weight, Given: true}
	if r.model.margins() {
		s.Y = p.y[t]
	}
	if g.shifted(r.model) {
		s.O = p.total[t]
	}
	return s
}

// certificate reads and checks the certificate of output t on X_k; it is nil if
// there is none that can be read, which the claims then say.
func (r *runChecker) certificate(g *modelGrade, t int, x exact.Matrix) (*certificate.Certificate, verdict.Report, error) {
	name := g.certificate(t)
	path, err := own(r.dir, name)
	if err != nil {
		r.malformed(name, err)
		return nil, verdict.Report{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		r.malformed(name, err)
		return nil, verdict.Report{}, nil
	}
	defer f.Close()
	h := sha256.New()
	c, claims, err := r.program(g, t, x).Check(io.TeeReader(f, h))
	if err == nil {
		_, err = io.Copy(h, f) // what a malformed certificate left unread
	}
	if err != nil {
		return nil, claims, err
	}
	r.judge(verdict.ClaimFile, name, "sha256 as in manifest.json", r.manifest.Files.sameHash(name, hex.EncodeToString(h.Sum(nil))))
	for k := range claims.Claims {
		claim := &claims.Claims[k]
		if claim.Scope = g.scope(t) + " " + claim.Scope; c == nil {
			claim.Scope = name
		}
	}
	return c, claims, nil
}

// composition: the grade's programs and networks are the certificates', and its
// features are scaled as the training rows say.
func (r *runChecker) composition(g *modelGrade, certificates []*certificate.Certificate, scales []float64) {
	err := sameBits("model.json feature_scale", g.FeatureScale, recomputed, scales)
	for t, c := range certificates {
		if c == nil {
			continue
		}
		if wrong := r.sameProgram(g, t, c); wrong != nil {
			err = errors.Join(err, fmt.Errorf("output %d: %w", t+1, wrong))
		}
		r.worst = max(r.worst, slices.Index(certificate.Statuses, c.Gap.Status))
		if c.Global != nil {
			r.worst = max(r.worst, slices.Index(certificate.Statuses, c.Global.Status))
		}
	}
	r.judge(ClaimComposition, fmt.Sprintf("grade %d", g.Grade), fmt.Sprintf("%d neurons on %d inputs; features recomputed, equal to the bit", len(scales), g.InputDim), oneLine(err))
}

// Sources of what a number is compared with.
const (
	recomputed = "recomputed"
	theModel   = "model.json has"
)

// sameProgram compares the certificate's program and network with output t of model.json.
func (r *runChecker) sameProgram(g *modelGrade, t int, c *certificate.Certificate) error {
	p, out, parameter := &c.Program, &g.Outputs[t], r.model.parameter(t)
	if p.Activation != g.activation(out) || p.Loss != g.Loss || p.Threshold != parameter || p.Intercept != r.model.Intercept {
		return fmt.Errorf("certificate: %s, %s %v, intercept %v; model.json: %s, %s %v, intercept %v",
			p.Activation, p.Loss, p.Threshold, p.Intercept, g.activation(out), g.Loss, parameter, r.model.Intercept)
	}
	if p.Shifted != g.shifted(r.model) {
		return fmt.Errorf("certificate: loss with offset %v, expected %v", p.Shifted, g.shifted(r.model))
	}
	if weighted := r.parts[0].weight != nil; p.Weighted != weighted {
		return fmt.Errorf("certificate: loss with weights %v, expected %v", p.Weighted, weighted)
	}
	if out.Width != nil || out.Decomposed != nil {
		return sameBits("certificate beta", []float64{p.Beta}, theModel, []float64{out.Beta})
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

// programs are the ledger's last columns for every output; nil if a certificate
// is missing, whose line then says so.
func (g *modelGrade) programs(certificates []*certificate.Certificate) []programNumbers {
	numbers := make([]programNumbers, len(g.Outputs))
	for t, c := range certificates {
		if c == nil {
			return nil
		}
		numbers[t] = programNumbers{len(g.Outputs[t].Neurons), g.Outputs[t].Beta, c.Network.Primal, c.Dual.Bound, c.Gap.Rel, c.Gap.Status, nil}
	}
	return numbers
}

// ledgerRows checks the rows of a grade and part, one per output and, where
// there are several, one for all of them. The programs are those of the outputs;
// without them the last columns remain unproved.
func (r *runChecker) ledgerRows(grade int, p *part, before [][]float64, programs []programNumbers) {
	measured := make([]norms, len(p.e))
	for t := range p.e {
		measured[t] = p.measure(r.model, t, before[t])
	}
	names := make([]string, len(p.e))
	for t := range names {
		names[t] = strconv.Itoa(t + 1)
	}
	if len(names) > 1 {
		names, measured = append(names, allOutputs), append(measured, together(measured, p.accuracy(r.model, 0, len(p.e))))
		if programs != nil {
			programs = append(programs, sumOf(programs))
		}
	}
	for t, name := range names {
		scope := fmt.Sprintf("grade %d %s", grade, p.name)
		if len(names) > 1 {
			scope += " output " + name
		}
		var program *programNumbers
		if programs != nil {
			program = &programs[t]
		}
		r.ledgerRow(grade, p.name, len(p.e[0]), name, scope, measured[t], program)
	}
}

func (r *runChecker) ledgerRow(grade int, split string, rows int, output, scope string, v norms, program *programNumbers) {
	row, err := r.ledger.take(grade, split, output)
	if err == nil {
		err = row.checkNorms(rows, v)
	}
	for _, column := range programColumns {
		if grade == 0 && err == nil {
			err = row.text(column, "")
		}
	}
	if err == nil && program != nil {
		err = row.checkProgram(*program)
	}
	how := "recomputed, equal to the bit"
	if !v.loss.exact {
		how += ", the loss within its enclosure"
	}
	detail := fmt.Sprintf("%s; |e| nonincreasing at %.0f of %d samples", how, math.Round(v.nonincreasing*float64(rows)), rows)
	r.judge(ClaimLedger, scope, detail, err)
}

// decreasing: the training loss of no output rises. A grade that adds nothing
// leaves it as it is, whatever enclosures say.
func (r *runChecker) decreasing(g *modelGrade) {
	after := make([]lossValue, len(r.losses))
	for t := range after {
		after[t] = r.parts[0].loss(r.model, t)
	}
	r.decreasingTo(g, after)
}

// decreasingTo is decreasing with the losses after the grade.
func (r *runChecker) decreasingTo(g *modelGrade, losses []lossValue) {
	for t, before := range r.losses {
		after := losses[t]
		r.losses[t] = after
		var err error
		if nothing := len(g.Outputs[t].Neurons) == 0 && g.Outputs[t].Constant == 0; !nothing && !after.atMost(before) {
			err = fmt.Errorf("the training loss (%s) rises from %v to %v", g.Loss, before.Mid, after.Mid)
		}
		r.judge(ClaimDecreasing, g.scope(t)+" train", fmt.Sprintf("training loss (%s) falls from %v to %v", g.Loss, before.Mid, after.Mid), err)
	}
}
