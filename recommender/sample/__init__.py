"""The bundled sample: a catalogue of fictional enterprises over ten industry chains, drawn from a seed."""
