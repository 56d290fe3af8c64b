package run

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"multigrade/grade"
	"multigrade/internal/strictjson"
	"multigrade/proofs"
)

// A record, of a checkpoint or of a shard, is a file with the hash of what it says.
type record struct {
	SHA256  string         `json:"sha256"` // of the bytes of Content
	Content jsontext.Value `json:"content"`
}

// EncodeRecord returns v as a record.
func EncodeRecord(v any) ([]byte, error) {
	content, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "{\"sha256\":%q,\"content\":%s}\n", Sha256Hex(content), content), nil
}

// writeRecord writes v as a record.
func writeRecord(dir *runDir, name string, v any) error {
	raw, err := EncodeRecord(v)
	if err != nil {
		return err
	}
	return dir.write(name, raw)
}

// ReadRecord reads a file that holds the hash of what it says, as EncodeRecord makes it.
func ReadRecord(path string, into any) error {
	var r record
	if err := strictjson.DecodeFile(path, &r); err != nil {
		return err
	}
	name := filepath.Base(path)
	if sum := Sha256Hex(r.Content); sum != r.SHA256 {
		return fmt.Errorf("%s hashes to %s and says %s", name, sum, r.SHA256)
	}
	if err := strictjson.Decode(r.Content, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// finishedOutput is the record of one output.
type finishedOutput struct {
	Grade       int           `json:"grade"`  // from 1, as the output
	Output      int           `json:"output"` //
	Account     grade.Account `json:"account"`
	Network     grade.Output  `json:"network"`
	Hash        string        `json:"program_sha256"`
	Certificate string        `json:"certificate_sha256"`
}

func (f *finishedOutput) name() string { return recordOf(certificateFile(f.Grade, f.Output)) }

// recordOf names the record of an output by its certificate.
func recordOf(certificate string) string {
	return path.Join(checkpointDir, strings.TrimSuffix(path.Base(certificate), path.Ext(certificate))+".json")
}

// readFinished reads the record of one output, of that name in the run of the folder, and
// compares it with its certificate.
func readFinished(folder, record string) (*finishedOutput, error) {
	f := new(finishedOutput)
	if err := ReadRecord(filepath.Join(folder, record), f); err != nil {
		return nil, err
	}
	if f.name() != record {
		return nil, fmt.Errorf("%s is about grade %d, output %d", path.Base(record), f.Grade, f.Output)
	}
	name := certificateFile(f.Grade, f.Output)
	if sum, err := FileHash(filepath.Join(folder, name)); err != nil || sum != f.Certificate {
		return nil, fmt.Errorf("%s is not the certificate that the checkpoint has the hash of", name)
	}
	c, err := decodeCertificate(filepath.Join(folder, name), proofs.DecodeClaims)
	if err == nil {
		err = f.agrees(c)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(record), err)
	}
	return f, nil
}

// decodeCertificate reads a certificate, the whole of it or its claims.
func decodeCertificate(path string, decode func(io.Reader) (*proofs.Certificate, error)) (*proofs.Certificate, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return decode(file)
}

// agrees reports the first thing in which the record is not what its certificate
// claims. A network that a budget, a decomposition or a dead zone has changed since
// is not the certificate's; the checker looks at it before the run is published.
func (f *finishedOutput) agrees(c *proofs.Certificate) error {
	a := &f.Account
	status, scope := c.Gap.Status, proofs.ScopeRestricted
	if c.Global != nil {
		status, scope = c.Global.Status, "all patterns"
	}
	for _, q := range []struct {
		what string
		same bool
	}{
		{"program", f.Hash == c.Program.SHA256},
		{"beta", f.Network.Beta == c.Program.Beta},
		{"number of patterns", a.Patterns == len(c.Patterns)},
		{"objective", a.Primal == c.Network.Primal},
		{"bound", a.Dual == c.Dual.Bound},
		{"gap", a.RelGap == c.Gap.Rel},
		{"status over the listed patterns", a.Listed.String() == c.Gap.Status},
		{"status (" + scope + ")", a.Status.String() == status || c.Global == nil && a.Status >= a.Listed},
		{"bound over all patterns", c.Global == nil || a.GlobalBound == c.Global.Bound},
		{"network", f.changed() || sameNetwork(&f.Network, c)},
	} {
		if !q.same {
			return fmt.Errorf("its %s is not the certificate's", q.what)
		}
	}
	return nil
}

// changed reports whether the output's network is not the solver's.
func (f *finishedOutput) changed() bool {
	return f.Network.Width != nil || f.Network.Decomposed != nil
}

// sameNetwork compares neuron by neuron, to the bit.
func sameNetwork(o *grade.Output, c *proofs.Certificate) bool {
	if o.Constant != c.Network.Constant || len(o.Neurons) != len(c.Network.Neurons) {
		return false
	}
	for k, u := range c.Network.Neurons {
		v := &o.Neurons[k]
		if math.Float64bits(v.Alpha) != math.Float64bits(u.Alpha) || !slices.Equal(v.W, u.W) || !slices.Equal(v.Gate, u.Gate) {
			return false
		}
	}
	return true
}
