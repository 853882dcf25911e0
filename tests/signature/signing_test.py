#!/usr/bin/env python3
"""`routec sign` and `routegate --trusted-key`: only a bundle that a trusted key has signed is served.

    signing_test.py ROUTEC ROUTEGATE
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROUTEGATE = pathlib.Path(sys.argv[2]).resolve()


class Signing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.environment = {"PATH": os.environ["PATH"], "MISTRAL_API_KEY": "a", "AZURE_API_KEY": "b", "AZURE_OPENAI_KEY": "b",
                           "OPENAI_API_KEY": "c", "ANTHROPIC_API_KEY": "d"}
        cls.run_in(ROUTEC, "init", ".")
        cls.run_in(ROUTEC, "build", "policy.route", "-o", "policy.rtb", "--today", "2026-11-24")
        for name in ("mine", "other"):
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{name}.pem"], cwd=cls.folder, check=True)
            subprocess.run(["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub"], cwd=cls.folder, check=True)
        subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", "kind.pem"], cwd=cls.folder, check=True)

    @classmethod
    def run_in(cls, *words):
        done = subprocess.run(words, cwd=cls.folder, env=cls.environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def check(self, *words):
        return self.run_in(ROUTEGATE, "--bundle", "policy.rtb", "--config", "routegate.json", "--allow-unproved", "--check", *words)

    def sign(self, key="mine.pem", *words):
        return self.run_in(ROUTEC, "sign", "policy.rtb", "--key", key, *words)

    def test_a_signed_bundle_is_served_and_its_bytes_stay_as_they_are(self):
        before = (self.folder / "policy.rtb").read_bytes()
        code, out, err = self.sign()
        self.assertEqual((code, err), (0, ""), out)
        self.assertRegex(out, r"^policy\.rtb\.sig: policy\.rtb, signed by key [0-9a-f]{64}\n$")
        self.assertEqual((self.folder / "policy.rtb").read_bytes(), before)
        code, out, err = self.check("--trusted-key", "mine.pub")
        self.assertEqual((code, err), (0, ""), out)
        code, out, err = self.check("--trusted-key", "other.pub", "--trusted-key", "mine.pub")
        self.assertEqual((code, err), (0, ""), out)
        code, out, err = self.check("--trusted-key", "other.pub")
        self.assertEqual(code, 1)
        self.assertIn("the signature is by a key that is not trusted", err)

    def test_a_bundle_needs_a_proof_and_its_hash_is_said(self):
        for file in self.folder.glob("policy.r*p*"):
            if file.name != "policy.route":
                file.unlink()
        words = (ROUTEGATE, "--bundle", "policy.rtb", "--config", "routegate.json", "--check")
        code, out, err = self.run_in(*words)
        self.assertEqual(code, 1)
        self.assertIn("there is no `policy.rtb.proof`, which names the bundle's proof pack; `routec build --prove`", err)
        self.assertEqual(self.run_in(*words, "--allow-unproved")[0], 0)
        self.assertEqual(self.run_in(ROUTEC, "prove", "policy.route", "-o", "policy.rpp")[0], 0)
        self.assertEqual(self.run_in(ROUTEC, "attest", "policy.rtb", "--pack", "policy.rpp")[0], 0)
        code, out, err = self.run_in(*words)
        self.assertEqual((code, err), (0, ""))
        # A gateway that trusts keys takes nobody else's word for it.
        self.sign()
        code, out, err = self.run_in(*words, "--trusted-key", "mine.pub")
        self.assertEqual(code, 1)
        self.assertIn("`policy.rtb.proof` cannot be used: it is not signed by a trusted key", err)
        self.assertEqual(self.run_in(ROUTEC, "attest", "policy.rtb", "--pack", "policy.rpp", "--key", "mine.pem")[0], 0)
        self.assertEqual(self.run_in(*words, "--trusted-key", "other.pub")[0], 1)
        code, out, err = self.run_in(*words, "--trusted-key", "mine.pub")
        self.assertEqual((code, err), (0, ""))
        good = (self.folder / "policy.rtb.proof").read_text()
        for bad in ("", "{}", good[:-5], good.replace('"payload":"', '"payload":"A')):
            (self.folder / "policy.rtb.proof").write_text(bad)
            code, out, err = self.run_in(*words)
            self.assertEqual((code, "cannot be used: it is not in the form" in err), (1, True), bad + err)
        (self.folder / "policy.rtb.proof").unlink()

    def test_openssl_agrees_with_the_signature(self):
        self.sign()
        lines = (self.folder / "policy.rtb.sig").read_text().splitlines(keepends=True)
        (self.folder / "message").write_text("".join(lines[:2]))
        (self.folder / "raw").write_bytes(bytes.fromhex(lines[3].split()[1]))
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "mine.pub", "-rawin", "-in", "message", "-sigfile", "raw"],
                              cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_no_signature_and_another_bundle(self):
        (self.folder / "policy.rtb.sig").unlink(missing_ok=True)
        code, out, err = self.check("--trusted-key", "mine.pub")
        self.assertEqual(code, 2)
        self.assertIn("cannot read the signature `policy.rtb.sig`", err)
        self.assertEqual(self.check()[0], 0)  # nobody asked for one
        self.sign()
        text = (self.folder / "policy.rtb.sig").read_text()
        digest = text.split("sha256 ")[1][:64]
        (self.folder / "policy.rtb.sig").write_text(text.replace(digest, "0" * 64))
        code, out, err = self.check("--trusted-key", "mine.pub")
        self.assertEqual(code, 1)
        self.assertIn("the signature is for other bytes", err)

    def test_json_and_what_cannot_be_signed(self):
        code, out, err = self.sign("mine.pem", "--format", "json", "-o", "elsewhere.sig")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json.loads(out)["schema"], "route.sign/1")
        self.assertTrue((self.folder / "elsewhere.sig").exists())
        for key, message in (("mine.pub", "is not a private key"), ("kind.pem", "a key of another kind"), ("no.pem", "no.pem")):
            code, out, err = self.sign(key, "-o", "unwritten.sig")
            self.assertEqual((code, out), (2, ""))
            self.assertIn(message, err)
            self.assertFalse((self.folder / "unwritten.sig").exists())
        code, out, err = self.run_in(ROUTEC, "sign", "policy.route", "--key", "mine.pem")
        self.assertEqual(code, 2)
        self.assertIn("is not a bundle", err)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
