"""One run through all parts, in integers, for CPython and MicroPython: prints a JSON list."""

import json

from parts.ad8307 import Ad8307
from parts.adc import Adc
from parts.contact import Contact
from parts.coupler import Coupler, vswr
from parts.flow import Flow
from parts.generator import Generator
from parts.max31865 import Max31865
from parts.noise import Noise
from parts.ntc import Ntc, beta_curve
from parts.pt100 import Pt100
from parts.pump import ChargePump
from parts.reference import Reference
from parts.relay import Relay

found = []
noise = Noise(12345)
for _ in range(50):
    found.append(noise.bits())
    found.append(int(noise.normal() * 256))

for seed in (2**32, 429496729501, 2**64 - 1):  # above 32 bits
    found.append(Noise(seed).bits())

sensor = Pt100(tau_s=0.3, offset_c=0.1, noise_c=0.05, seed=7)
converter = Max31865(lambda t_us: sensor.sample(t_us, 23.0 + t_us * 2e-5))
converter.transfer(0, b"\x80\xc1")
for i in range(40):
    t_us = converter.next_event_us()
    found.append(t_us)
    found.append(converter.drdy(t_us))
    found.extend(converter.transfer(t_us + 15, b"\x01\x00\x00"))
    if i == 30:
        converter.set_fault(t_us + 20, "open")
found.extend(converter.transfer(t_us + 100, b"\x07\x00"))

detector = Ad8307(noise_v=0.002, seed=9)
adc = Adc(Reference(3.0, 0.001), noise_v=0.001, seed=11)
coupler = Coupler()
for i in range(60):
    found.append(adc.read_u16(i, detector.volts(coupler.forward_w(i * 3.0, 0.1))))
found.append(int(vswr(40.0, 4.0) * 1e9))

thermistors = (Ntc(tau_s=0.3, noise_c=0.02, seed=13), Ntc(beta_curve(10e3, 3950.0), 4.7e3, False, 0.0, 0.1))
for i in range(60):
    for ntc in thermistors:
        found.append(adc.read_u16(i, 3.0 * ntc.sample(i * 1_000, 20.0 + i * 0.8)))
thermistors[0].fault = "open"
found.append(int(thermistors[0].ratio(20.0)))

flow, pump, relay, contact = Flow(), ChargePump(), Relay(), Contact(bounce_us=3_000)
generator = Generator((relay,))
generator.set_power(40.0)
generator.gate(True)
for t_us in range(0, 60_000, 700):
    if t_us % 1400 == 0 and t_us < 30_000:
        pump.edges(t_us, t_us + 1_950)
    relay.coil(t_us, pump.high(t_us))
    contact.set(t_us, t_us < 20_000)
    found += [flow.level(t_us), flow.pulses(t_us), flow.next_event_us(), contact.level(t_us), contact.next_event_us()]
    found += [1 if relay.closed(t_us) else 0, relay.next_event_us(), int(generator.watts(t_us))]
try:
    detector.volts(float("nan"))
except ValueError:
    found.append(1)
print(json.dumps(found))
