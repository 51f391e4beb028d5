package config

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// scalar returns the value of a key, which must be a single one.
func (d *Decoder) scalar(key string) *node {
	n := d.take(key)
	if n != nil && n.shape != scalar {
		d.Errorf(key, "must be a single value, not %s", n.describe())
		return nil
	}
	return n
}

// odd reports whether the value of a key is a group or a list.
func (d *Decoder) odd(key string) bool {
	n := d.take(key)
	return n != nil && n.shape != scalar
}

// Text reads text. Numbers and booleans are text as they are written, as in Linkerd.
func (d *Decoder) Text(key, absent string) string {
	if n := d.scalar(key); n != nil {
		return n.text
	}
	return absent
}

// Texts reads a list of texts.
func (d *Decoder) Texts(key string) []string {
	n := d.take(key)
	if n == nil {
		return nil
	}
	if n.shape != list {
		d.Errorf(key, "must be a list, not %s", n.describe())
		return nil
	}
	var all []string
	for i, item := range n.items {
		if item.shape != scalar {
			d.doc.report.error(&Error{Position: d.position(item), Path: d.at.child(key).item(i).String(), Reason: "must be a single value, not " + item.describe()})
			continue
		}
		all = append(all, item.text)
	}
	return all
}

// pair is a key that is not known in advance, and its text.
type pair struct{ key, text string }

// pairs reads a group whose keys are free, such as names of headers. If they are secrets,
// their values are not shown by File.JSON.
func (d *Decoder) pairs(key string, secrets bool) (all []pair) {
	group, ok := d.Group(key)
	if !ok || group.node == nil {
		return nil
	}
	for _, m := range group.node.members {
		name := m.key.text
		m.value.secret = secrets
		switch m.value.shape {
		case scalar:
			all = append(all, pair{name, group.Text(name, "")})
		case null:
			all = append(all, pair{name, ""})
		default:
			group.Errorf(name, "must be a single value, not %s", m.value.describe())
		}
	}
	return all
}

// Bool reads true or false, in quotes or not. Without quotes it accepts the other
// booleans of YAML 1.1, which Linkerd reads, too: yes, no, on and off.
func (d *Decoder) Bool(key string, absent bool) bool {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	switch n.text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if !n.quoted {
		switch n.text {
		case "yes", "Yes", "YES", "on", "On", "ON":
			return true
		case "no", "No", "NO", "off", "Off", "OFF":
			return false
		}
	}
	d.Errorf(key, "must be true or false, not %s", n.describe())
	return absent
}

// Int reads a whole number from lowest to highest, written in plain decimal,
// in quotes or not.
func (d *Decoder) Int(key string, absent, lowest, highest int) int {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	v, err := strconv.Atoi(n.text)
	digits := strings.TrimPrefix(n.text, "-")
	switch {
	case strings.Contains(n.text, "_") && n.tag == "!!int":
		d.Errorf(key, "%s has underscores; write the digits only", n.describe())
	case len(digits) > 1 && digits[0] == '0' && n.tag == "!!int":
		d.Errorf(key, "%s could be read as octal, hexadecimal or decimal; write it in decimal, without a leading zero", n.describe())
	case err != nil && !errors.Is(err, strconv.ErrRange) || strings.HasPrefix(n.text, "+") || digits != "0" && strings.HasPrefix(digits, "0"):
		d.Errorf(key, "must be a whole number in plain decimal, not %s", n.describe())
	case err != nil || v < lowest || v > highest:
		d.Errorf(key, "must be from %d to %d, not %s", lowest, highest, digitsOf(n.text))
	default:
		return v
	}
	return absent
}

// digitsOf is a number as it is printed in a message.
func digitsOf(text string) string {
	if len(text) > maxShown {
		text = text[:maxShown] + "..."
	}
	return text
}

// Float reads a number from lowest to highest, in quotes or not.
func (d *Decoder) Float(key string, absent, lowest, highest float64) float64 {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	v, err := strconv.ParseFloat(n.text, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), math.IsNaN(v), strings.ContainsAny(n.text, "_xXpPiI"):
		d.Errorf(key, "must be a number in plain decimal, not %s", n.describe())
	case err != nil || v < lowest || v > highest:
		d.Errorf(key, "must be from %v to %v, not %s", lowest, highest, n.describe())
	default:
		return v
	}
	return absent
}

// Duration reads a whole positive number of units, of at most 31 bits as in
// Linkerd.
func (d *Decoder) Duration(key string, absent, unit time.Duration) time.Duration {
	return time.Duration(d.Int(key, int(absent/unit), 1, math.MaxInt32)) * unit
}

// Port reads a TCP port. Port 0, which means any free one, is accepted only if lowest is
// 0.
func (d *Decoder) Port(key string, absent, lowest int) uint16 {
	return uint16(d.Int(key, absent, lowest, math.MaxUint16))
}

// IP reads an IP address; host names are refused, as in Linkerd.
func (d *Decoder) IP(key string, absent netip.Addr) netip.Addr {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	ip, err := netip.ParseAddr(n.text)
	if err != nil {
		hint := ""
		if n.text == "localhost" {
			hint = "; write 127.0.0.1"
		}
		d.Errorf(key, "must be an IP address such as 127.0.0.1 or 0.0.0.0, not %s%s", n.describe(), hint)
		return absent
	}
	return ip
}
