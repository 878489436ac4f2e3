"""Prompts as people write them, with all that looks random and is no secret."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid

_random = random.Random(20)


def _hex(count: int) -> str:
    return "".join(_random.choice("0123456789abcdef") for _ in range(count))


def _bytes(count: int) -> bytes:
    return bytes(_random.randrange(256) for _ in range(count))


def _word(count: int, letters: str) -> str:
    return "".join(_random.choice(letters) for _ in range(count))


_WRITTEN = [
    "Why is the sky blue?",
    "Explain what an API key is, and how a token differs from a password.",
    "My password reset token expired. How do I write a polite email to support?",
    "What does `token` mean in `for token in doc: print(token.text, token.pos_)`?",
    "How many tokens has GPT-4-turbo-2024-04-09? max_tokens=4096, num_tokens: 123456789",
    "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')\ntokenizer.pad_token = tokenizer.eos_token",
    'config = {"tokenizer": "cl100k_base", "eos_token": "<|endoftext|>", "pad_token": "[PAD]", "bos_token_id": 151643}',
    "password = os.environ['DB_PASSWORD_2']\napi_key = config.get('api_key_v2')",
    "api_key=os.getenv('OPENAI_API_KEY'), base_url=settings.base_url_2",
    "def get_token(user_id: int, secret: str = settings.SECRET_KEY_V2) -> str: ...",
    "token: Optional[str] = None\npassword: SecretStr = Field(min_length=8)",
    "const token = await getAccessToken2(req);\nif (!token) throw new Error('E1001')",
    "secret = hashlib.sha256(b'x').hexdigest()\npassword = getpass.getpass()",
    "authorization: the process in which a user's rights are checked. bearer of good news.",
    "Authorization: Bearer <token>\nContent-Type: application/json",
    "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com/v1/items",
    "curl -u user:pass https://example.com",
    "postgresql://user:password@localhost:5432/mydb - what do the parts mean?",
    "engine = create_engine('sqlite:///data/shop-2024.db')",
    "DATABASE_URL=postgres://postgres:postgres@db:5432/app",
    "redis://localhost:6379/0 or redis://cache:6379?",
    "The address http://localhost:8888/lab/tree/work/a.ipynb does not open.",
    "https://en.wikipedia.org/wiki/Secret_sharing?action=history&offset=20240101&key=title",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s",
    "https://docs.google.com/document/d/1aBcD3fGhIjKlMnOpQrStUvWxYz0123456789abcdefg/edit",
    "https://maps.google.com/?q=52.5200,13.4050&z=12",
    "https://arxiv.org/abs/2307.09288v2 and doi:10.1038/s41586-021-03819-2",
    "https://github.com/pandas-dev/pandas/blob/3aa2e4f0c8bd4a2a3b2b8f3ef1f5e3a6b7c8d9e0/pandas/core/frame.py#L1234",
    "git@github.com:owner/repo.git and ssh://git@github.com:22/owner/repo.git",
    "commit 5f1d7a8a9be0f4a2b3c4d5e6f7a8b9c0d1e2f3a4\nAuthor: Ann <ann@example.com>",
    "git checkout 5f1d7a8 && git cherry-pick 9be0f4a2b3c4",
    "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 is the digest of the image",
    "integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\"",
    '"resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz", "integrity": "sha512-XI5MPz'
    'VNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="',
    "md5: d41d8cd98f00b204e9800998ecf8427e (the empty file)",
    "pip install torch==2.3.1+cu121 --hash=sha256:" + hashlib.sha256(b"torch").hexdigest(),
    "ISBN 978-3-16-148410-0, ISSN 2049-3630, EAN 4006381333931",
    "IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX",
    "VIN 1HGCM82633A004352, plate B-XY 1234, IMEI 490154203237518",
    "Call me at +49 30 901820 or +1 (555) 010-9999.",
    "Order 114-3941689-8772232 has not come; tracking 1Z999AA10123456784.",
    "Product key: XXXXX-XXXXX-XXXXX-XXXXX-XXXXX, in a test: ABCDE-FGHIJ-KLMNO-PQRST-UVWXY",
    "MAC 00:1B:44:11:3A:B7, IPv6 2001:0db8:85a3:0000:0000:8a2e:0370:7334, 192.168.178.1",
    ">seq1\nACGTACGTTAGCCGATAGCTAGCTAGGATCGATCGATCGGGCTATATATCGCGATCGATCGATTACGATCAGCTAC",
    "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKRQTLGQHDFSAGEGLYTHMKALRPDEDRL",
    "SMILES: CC(=O)OC1=CC=CC=C1C(=O)O, InChIKey BSYNRYMUTXBXSQ-UHFFFAOYSA-N",
    "chess: r1bqkbnr/pppp1ppp/2n5/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R w KQkq - 2 3",
    "Sudoku: 530070000600195000098000060800060003400803001700020006060000280000419005000080079",
    "0x7ffee3b5c8a0: segmentation fault; eip=0xdeadbeefcafebabe",
    "bitcoin address 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa, transaction " + _hex(64),
    "ethereum contract 0xdAC17F958D2ee523a2206206994597C13D831ec7",
    "wandb: run brisk-sun-42 at commit 5f1d7a8a9be0f4a2b3c4d5e6f7a8b9c0d1e2f3a4 ended",
    "datadog shows a trace 5f1d7a8a9be0f4a2b3c4d5e6f7a8b9c0 that is slow",
    "heroku dyno web.1 request_id=01234567-89ab-cdef-0123-456789abcdef failed with H12",
    "sentry event 5f1d7a8a9be0f4a2b3c4d5e6f7a8b9c0 in project 4501234",
    "mistral-large-2407 or claude-3-5-sonnet-20241022?",
    "The snyk report lists SNYK-JS-LODASH-567746 and CVE-2024-3094.",
    "arn:aws:iam::123456789012:role/service-role/MyLambdaRole-2xk3",
    "aws s3 cp s3://my-bucket-2024/data/2024-01-01/part-00000-c000.snappy.parquet .",
    "projects/my-project-123/secrets/db-password/versions/2",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
    "kubectl get secret db-credentials -o jsonpath='{.data.password}'",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-credentials-2\ntype: Opaque",
    "secretKeyRef:\n  name: my-secret-1\n  key: password",
    "spec:\n  tokenExpirationSeconds: 3607\n  serviceAccountToken: {path: token-2, audience: api}",
    "services:\n  db:\n    image: postgres:16.3\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
    "env:\n  HF_TOKEN: ${{ secrets.HF_TOKEN }}\n  NPM_TOKEN: ${{ secrets.NPM_TOKEN_2 }}",
    "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
    "from .env: OPENAI_API_KEY=sk-...\nANTHROPIC_API_KEY=sk-ant-...",
    "set OPENAI_API_KEY=YOUR_API_KEY, then run it",
    "client = OpenAI(api_key='sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
    "client = Client(token='<your token>', secret=\"your-secret-here-1234\")",
    "login(user='admin', password='********')",
    "password: must have 8 characters, 1 digit, 1 symbol",
    "The regex for GitHub's tokens is ghp_[A-Za-z0-9]{36}; that of AWS ids AKIA[0-9A-Z]{16}.",
    "-----BEGIN CERTIFICATE-----\n" + base64.b64encode(_bytes(480)).decode() + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(_bytes(294)).decode() + "\n-----END PUBLIC KEY-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + base64.b64encode(_bytes(31)).decode()[:43] + " ann@laptop",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + base64.b64encode(_bytes(255)).decode() + " bob@host",
    "How do I write -----BEGIN RSA PRIVATE KEY----- blocks with cryptography?",
    "What is an AGE-SECRET-KEY, and where does age keep it?",
    "const a=()=>{let t=0,n=[];for(;t<9;)n.push(t++);return n};!function(e,t){e.exports=t()}(this,functi"
    "on(){return 42});",
    "!function(e){var t={};function n(r){if(t[r])return t[r].exports;var o=t[r]={i:r,l:!1,exports:{}};re"
    "turn e[r].call(o.exports,o,o.exports,n),o.l=!0,o.exports}n.m=e}([])",
    ".sk-fading-circle .sk-circle12{-webkit-transform:rotate(330deg)} .sk-toggleable__content pre{margin:0.2em}",
    "<div id='sk-container-id-1' class='sk-top-container'><div class='sk-estimator sk-toggleable'>Logist"
    "icRegression()</div></div>",
    "<svg><path d=\"M10.5 20.3L30.1 40.2C1,2 3,4 5,6z\"/></svg>",
    "class AbstractSingletonProxyFactoryBeanWithVeryLongName2(InternalFrameInternalFrameTitlePaneMaximizeButton): pass",
    "SELECT token_id, count(*) FROM access_tokens WHERE secret_type = 'api_key_v1' GROUP BY 1",
    "df['access_token'].nunique(), df.api_key.isna().sum()",
    "{'next_page_token': None, 'continuation_token': '', 'token_type': 'bearer', 'expires_in': 3600}",
    "KeyError: 'api_key'\n  File \"/home/ann/app/config_2.py\", line 12, in load",
    "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: sk-...'}}",
    "UserWarning: `clean_up_tokenization_spaces` was not set. It will be set to `True` by default.",
    "tokens/s: 123.4, prompt tokens: 1,048,576, total_tokens: 2048000",
    "Translate: 'Das Passwort: bitte mindestens zwölf Zeichen.'",
    "密码: 请输入至少8个字符",
    "パスワード: 8文字以上で入力してください",
    "Пароль: не менее 8 символов",
    "secrets: 'redact', token: 2024-01-01T00:00:00Z, password: 2024-12-31",
    "What is the difference between secret.token_hex and secrets.token_urlsafe(32)?",
    "The master key: work hard. The access key: alt+shift+x1.",
    "terraform.workspace, var.db_password, module.rds.password_arn, data.vault_generic_secret.token1",
    "@app.get('/token/{token_id}')\nasync def read(token_id: UUID4): ...",
    "token=tokens1[0]; secret=a1.b2.c3; password=user.password1",
    "wireguard: PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
    "Colors: #1e90ff, #deadbe, rgba(30,144,255,.5); font-family: Source-Sans-Pro-3",
    "The key is in C# minor; password-less login; a token of thanks; secret sauce no. 57.",
    "key = 'abc'; token = 'xyz'; password = 'secret'",
    "jupyter lab --IdentityProvider.token='' --ServerApp.password=''",
    "import secrets; token = secrets.token_hex(16)  # then hash it",
    "Roman numerals MMXXIV, MCMXCIX; H2O, C6H12O6, NaHCO3",
    "E=mc^2, \\frac{\\partial^2 u}{\\partial t^2} = c^2 \\nabla^2 u",
    "print(f'{token!r:>20} {secret:.3f}')",
    "Flight LH 454, PNR: X7Y9ZQ, seat 23A, gate B42",
    "license: Apache-2.0 WITH LLVM-exception; SPDX-License-Identifier: GPL-3.0-or-later",
    "user_agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0"
    ".0 Safari/537.36'",
    "%chat key set openai asks for a key; what is kept where?",
    "docker run -e POSTGRES_PASSWORD=postgres -p 5432:5432 postgres:16",
    "mongodb://localhost:27017/?replicaSet=rs0",
    "amqp://guest:guest@localhost:5672/",
    "ftp://anonymous@ftp.gnu.org/gnu/hello/hello-2.12.tar.gz",
    "mailto:ann@example.com?subject=Token%20refund&body=Hello%20you2",
    "s.substring(0, 24) and S.K1234; SG.abc; hvs.x; dp.pt.x; sl.x",
    "hf_hub_download(repo_id='google/fleurs', filename='a_2.json'); hf_transfer_enabled_by_default_2",
    "npm_config_registry=https://registry.npmjs.org npm_lifecycle_event=build npm_package_version=1.2.3",
    "sk_buff, sk_live_data_frame, pk_user_2; key-value; key-combination-of-letters",
    "glc_landcover_classification_map_2020_v2, glsa_x, pat.x, rnd_state_1234567890",
    "xai-explainability-methods for xgboost-2; gsk_company_annual_report_2023; fw_version_2",
    "secret_santa_gift_exchange_list_for_the_office_2024, re_compile_pattern_1",
    "dapi: data api; oy2z; SCW; LTAI; AKID; nfp_report_2024_q1 in the payroll numbers",
]  # fmt: skip

_TOPICS = (
    "a UUID of a row: {}", "the id in the log is {} and again {}", "join on {} failed", "is {} a valid v"
    "4?", "key {} not found",
)  # fmt: skip


def _made() -> list[str]:
    made = [
        topic.format(*[uuid.UUID(bytes=_bytes(16), version=4)] * 2) for topic in _TOPICS for _ in range(3)
    ]
    made += [f"git show {_hex(40)}\ngit diff {_hex(7)}..{_hex(12)}" for _ in range(8)]
    made += [
        f"{hashlib.new(name, _bytes(9)).hexdigest()}  data-{name}.csv"
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b")
    ]
    made += [
        f"data:image/png;base64,{base64.b64encode(_bytes(size)).decode()}"
        for size in (60, 300, 900, 3000, 9000)
    ]
    made += [base64.encodebytes(b"\x89PNG\r\n\x1a\n" + _bytes(size)).decode() for size in (500, 2000, 6000)]
    made += [
        f"<img src='data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///{base64.b64encode(_bytes(90)).decode()}'>"
    ]
    made += [f">chr{number}\n{_word(600, 'ACGT')}" for number in range(5)]
    made += [f"protein {_word(120, 'ACDEFGHIKLMNPQRSTVWY')}" for _ in range(3)]
    made += [
        f"{_word(9, '123456789')},{_word(12, '0123456789')},{_random.random()},{_random.gauss(0, 1):.9f}\n"
        * 20
        for _ in range(5)
    ]
    made += [
        "\n".join(f"{uuid.UUID(bytes=_bytes(16))},{_hex(8)},2024-01-{day:02},ok" for day in range(1, 20))
        for _ in range(3)
    ]
    made += [f"order_id,session\n{_hex(24)},{_word(20, 'abcdefghijklmnop')}\n" * 5 for _ in range(3)]
    made += [
        f"ObjectId('{_hex(24)}') in mongo, etag W/\"{_hex(32)}\", traceparent 00-{_hex(32)}-{_hex(16)}-01"
        for _ in range(4)
    ]
    made += [
        f"k8s pod web-{_hex(10)}-{_word(5, 'bcdfghjklmnpqrstvwxz2456789')} is CrashLooping" for _ in range(4)
    ]
    made += [f"layer {number}: sha256:{_hex(64)} 12.3MB" for number in range(4)]
    made += [
        f"ipfs://Qm{_word(44, 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789')}"
        for _ in range(3)
    ]
    made += [
        " ".join(_word(_random.randrange(3, 12), "abcdefghijklmnopqrstuvwxyz") for _ in range(200))
        for _ in range(4)
    ]
    made += [
        "_".join(_word(8, "abcdefghijklmnopqrstuvwxyz") for _ in range(9)) + f"_{number} = {number}"
        for number in range(4)
    ]
    made += [
        f"x{number} = np.array([{', '.join(f'{_random.gauss(0, 9):.6e}' for _ in range(40))}])"
        for number in range(4)
    ]
    return made


PROMPTS = [*_WRITTEN, *_made()]
"""The prompts: those that somebody wrote, and those with what machines write in them."""
