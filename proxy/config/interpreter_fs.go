package config

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// fsInterpreter is the kind io.l5d.fs: the default interpreter with a dtab in
// a file, which stands before the router's own.
func fsInterpreter(d *Decoder) (Interpreter, error) {
	name := d.Text("dtabFile", "")
	if d.Need("dtabFile") && name == "" {
		d.Errorf("dtabFile", "must be the name of a file")
	}
	return func(o BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
		file, err := fs.NewDtab(fs.DtabConfig{File: name, ErrorLog: o.ErrorLog})
		if err != nil {
			return nil, err
		}
		c.Base = file.Dtab()
		in, err := resolve.New(c)
		if err != nil {
			_ = file.Close()
			return nil, err
		}
		return dtabFromFile{in, file}, nil
	}, nil
}

// dtabFromFile is an interpreter whose Close ends the watching of its file.
type dtabFromFile struct {
	*resolve.DefaultInterpreter
	file *fs.DtabFile
}

func (i dtabFromFile) Close() error { return i.file.Close() }
