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
from parts.supply import Supply

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

warm = Ad8307(tempco_db_per_k=0.005, tau_us=120.0)
uneven = Coupler(20.0, 0.0, 0.2, -0.002)
warm.warmth_k = uneven.warmth_k = 30.0
warm.follow(0, 0.0)
warm.follow(10, uneven.forward_w(60.0, 0.1))
for t_us in range(0, 500, 50):
    found.append(int(warm.shown_v(t_us) * 1e6))
tired = Max31865(lambda t_us: 110.0 + t_us * 1e-5, noise_codes=2.0, seed=17, rref_error=0.001, rref_tempco_per_k=2.5e-5)
tired.warmth_k = 20.0
tired.transfer(0, b"\x80\xc1")
for _ in range(20):
    found.extend(tired.transfer(tired.next_event_us() + 5, b"\x01\x00\x00"))
found.append(int(Pt100(error_per_c=0.002).sample(0, 37.0) * 1e6))
jumpy, turbine, rail = Relay(jitter_us=900, seed=19), Flow(2000, 1500, -0.05, 0.02, 23), Supply(ripple_v=0.05)
for t_us in range(0, 200_000, 5_000):
    jumpy.coil(t_us, t_us // 40_000 % 2 == 0)
    found += [jumpy.next_event_us(), turbine.level(t_us), turbine.pulses(t_us), turbine.next_event_us()]
    rail.volts = 4.4 + t_us * 6e-6
    found.append(1 if rail.good() else 0)

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
