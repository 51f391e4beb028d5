package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// roleVariable in the environment makes this program one of its own parts.
const roleVariable = "MESHHOP_BENCH_ROLE"

// A part is what a process of the benchmark does, in a role. Orders and answers
// are lines of JSON on its standard input and output; the end of the input is
// the last order.
type part interface {
	// ready is the answer to the configuration.
	ready() any
	// obey does what a line says.
	obey(order []byte) (any, error)
	// stop ends the part cleanly and is its last answer.
	stop() (any, error)
}

func roles() map[string]func(config []byte) (part, error) {
	return map[string]func([]byte) (part, error){
		"backend": with(newBackend),
		"sink":    with(newSink),
		"load":    with(newLoad),
		"plain":   with(newPlain),
		"naive":   with(newNaive),
		"hop":     with(newHop),
	}
}

// with reads a role's configuration.
func with[C any](build func(C) (part, error)) func([]byte) (part, error) {
	return func(line []byte) (part, error) {
		var config C
		if err := json.Unmarshal(line, &config); err != nil {
			return nil, err
		}
		return build(config)
	}
}

// play plays a role until the input ends and returns the exit status.
func play(name string, in io.Reader, out io.Writer) int {
	signal.Ignore(os.Interrupt) // the program says when to stop
	err := roleplay(name, bufio.NewReader(in), out)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func roleplay(name string, in *bufio.Reader, out io.Writer) error {
	build, known := roles()[name]
	if !known {
		return fmt.Errorf("no role %q", name)
	}
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	p, err := build(line)
	if err != nil {
		return answerTo(out, nil, err)
	}
	if err := answerTo(out, p.ready(), nil); err != nil {
		return err
	}
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		value, err := p.obey(line)
		if err := answerTo(out, value, err); err != nil {
			return err
		}
	}
	last, err := p.stop()
	return answerTo(out, last, err)
}

func answerTo(out io.Writer, value any, failed error) error {
	answer := map[string]any{"Value": value}
	if failed != nil {
		answer["Error"] = failed.Error()
	}
	line, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	return err
}
