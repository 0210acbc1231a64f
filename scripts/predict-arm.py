#!/usr/bin/env python3
"""Predicts the speed of the arm64 kernels' inner loops with llvm-mca, for want of such a processor.

Reads the objects that scripts/test-arm.sh has built. It takes the loop with the most products out of
each one's disassembly (of whole numbers: a panel's blocks whose columns share a scale) and prints how
many operations a cycle llvm-mca expects of it, beside the most that the product instruction allows.
LLVM_MCA and LLVM_OBJDUMP name the programs (19 or later;
apt-get install llvm-19).
"""
import os
import re
import subprocess
import sys

OBJECTS = ".build/kernels-aarch64"
# File, function (or all of them), product instruction, operations of one.
KERNELS = [
    ("int_neon", None, "sadalp", 32),
    ("int_dotprod", None, "sdot", 32),
    ("int_i8mm", None, "smmla", 64),
    ("float_neon", "add_float_band", "fmla", 8),
]
PROCESSORS = ["neoverse-n1", "neoverse-v2"]
# sdot is in both; smmla is not in the N1.
LACKING = {("neoverse-n1", "smmla")}
MCA = os.environ.get("LLVM_MCA", "llvm-mca-19")
OBJDUMP = os.environ.get("LLVM_OBJDUMP", "llvm-objdump-19")


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def instructions(name, function):
    """(address, text) of each instruction of an object; addresses do not repeat within a section."""
    choice = f"--disassemble-symbols={function}" if function else "-d"
    listing = run(OBJDUMP, "--mattr=+all", "--no-show-raw-insn", "--section=.text", choice,
                  f"{OBJECTS}/{name}.o")
    found = re.findall(r"^\s*([0-9a-f]+):\s+(.+)$", listing, re.M)
    return [(int(address, 16), text.replace("\t", " ")) for address, text in found]


def busiest_loop(code, product):
    """The innermost loop with the most products, the shortest of several, without its jump."""
    best = []
    for at, (address, text) in enumerate(code):
        target = re.match(r"(?:b\.|cbn?z|tbn?z)\S* .*?0x([0-9a-f]+)", text)
        if not target or int(target[1], 16) >= address:
            continue
        first = int(target[1], 16)
        body = [line for where, line in code[:at] if where >= first]
        if any(re.match(r"(b|bl|b\.\S+|cbn?z|tbn?z) ", line) for line in body):
            continue
        if (count(body, product), -len(body)) > (count(best, product), -len(best)):
            best = body
    return best


def count(body, product):
    return sum(line.split()[0].startswith(product) for line in body)


def cycles(body, processor, rounds):
    # Addresses behind <> are comments of the disassembler.
    text = "\n".join(re.sub(r"\s*(//|<).*$", "", line) for line in body)
    report = run(MCA, "-mtriple=aarch64", f"-mcpu={processor}", "-mattr=+dotprod,+i8mm,+fullfp16",
                 f"-iterations={rounds}", text=text)
    return float(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / rounds


def main():
    print("kernel         processor     operations a cycle   limit   of limit")
    for name, function, product, operations in KERNELS:
        body = busiest_loop(instructions(name, function), product)
        if not body:
            sys.exit(f"{name} has no loop with {product}")
        # Independent products (sadalp with what leads to it) find the limit.
        steps = [f"{product} v{i}.4s, v30.16b, v31.16b" for i in range(24)]
        if product == "fmla":
            steps = [f"fmla v{i}.4s, v30.4s, v31.4s" for i in range(24)]
        if product == "sadalp":
            steps = [line for i in range(8) for line in (
                f"smull v{i}.8h, v30.8b, v31.8b", f"smull2 v{i + 8}.8h, v30.16b, v31.16b",
                f"addp v{i}.8h, v{i}.8h, v{i + 8}.8h", f"sadalp v{i + 16}.4s, v{i}.8h")]
        for processor in PROCESSORS:
            if (processor, product) in LACKING:
                continue
            reached = count(body, product) * operations / cycles(body, processor, 200)
            limit = count(steps, product) * operations / cycles(steps, processor, 200)
            print(f"{name:14} {processor:12} {reached:19.1f} {limit:7.0f} {reached / limit:9.0%}")


if __name__ == "__main__":
    main()
