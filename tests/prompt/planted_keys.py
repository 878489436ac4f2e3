"""Keys, tokens and passwords in their makers' formats, made anew from parts: none of them opens anything, and none
stands in a file."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

DIGITS = string.digits
SMALL, CAPITAL = string.ascii_lowercase, string.ascii_uppercase
ALNUM = SMALL + CAPITAL + DIGITS
WORD = ALNUM + "-_"
HEX = "0123456789abcdef"
BASE32 = CAPITAL + "234567"

Maker = Callable[["Keys"], str]


class Keys:
    """A source of random keys that is the same for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def some(self, count: int, of: str = ALNUM) -> str:
        """As many characters; of letters and digits there are some of each."""
        drawn = "".join(self._random.choice(of) for _ in range(count))
        if of in (ALNUM, WORD) and count >= 8:
            place = self._random.randrange(count - 4)
            drawn = drawn[:place] + "a7Q" + drawn[place + 3 :]
        return drawn.replace("-_", "aB") if of == WORD else drawn

    def uuid(self) -> str:
        return "-".join(self.some(count, HEX) for count in (8, 4, 4, 4, 12))

    def block(self, kind: str, head: str = "", ends: str = "\n") -> str:
        """A private key in the form of PEM."""
        lines = [self.some(64, ALNUM + "+/") for _ in range(8)]
        body = ends.join([*lines, self.some(40, ALNUM + "+/") + "=="])
        return f"{'-' * 5}BEGIN {kind}{'-' * 5}{ends}{head}{body}{ends}{'-' * 5}END {kind}{'-' * 5}{ends}"


_PRIVATE = "PRIVATE" + " KEY"

FORMATS: dict[str, Maker] = {
    "OpenAI": lambda k: "sk" + "-" + k.some(48),
    "OpenAI project": lambda k: "sk" + "-proj-" + k.some(74, WORD),
    "OpenAI service account": lambda k: "sk" + "-svcacct-" + k.some(60, WORD),
    "Anthropic": lambda k: "sk" + "-ant-api03-" + k.some(93, WORD) + "AA",
    "Google": lambda k: "AI" + "za" + k.some(35, WORD),
    "AWS id": lambda k: "AK" + "IA" + k.some(16, BASE32),
    "AWS temporary id": lambda k: "AS" + "IA" + k.some(16, BASE32),
    "AWS secret": lambda k: f"aws_secret_access_key = {k.some(40)}",
    "AWS secret in JSON": lambda k: f'"SecretAccessKey": "{k.some(40)}"',
    "GitHub": lambda k: "gh" + "p_" + k.some(36),
    "GitHub app": lambda k: "gh" + "o_" + k.some(36),
    "GitHub fine-grained": lambda k: "github" + "_pat_" + k.some(22) + "_" + k.some(59),
    "GitLab": lambda k: "gl" + "pat-" + k.some(20, WORD),
    "Slack bot": lambda k: "xox" + "b-" + k.some(12, DIGITS) + "-" + k.some(13, DIGITS) + "-" + k.some(24),
    "Slack user": lambda k: (
        "xox" + "p-" + k.some(12, DIGITS) + "-" + k.some(12, DIGITS) + "-" + k.some(32, HEX)
    ),
    "Slack webhook": lambda k: f"https://hooks.slack.com/services/T{k.some(8)}/B{k.some(10)}/{k.some(24)}",
    "Stripe": lambda k: "sk" + "_live_" + k.some(24),
    "Stripe restricted": lambda k: "rk" + "_live_" + k.some(99),
    "Twilio": lambda k: "S" + "K" + k.some(32, HEX),
    "Twilio token": lambda k: f"TWILIO_AUTH_TOKEN={k.some(32, HEX)}",
    "SendGrid": lambda k: "S" + "G." + k.some(22, WORD) + "." + k.some(43, WORD),
    "Mailgun": lambda k: "ke" + "y-" + k.some(32, HEX),
    "npm": lambda k: "np" + "m_" + k.some(36),
    "PyPI": lambda k: "pypi" + "-AgEIcHlwaS5vcmcC" + k.some(150, WORD),
    "Hugging Face": lambda k: "h" + "f_" + k.some(34),
    "Databricks": lambda k: "da" + "pi" + k.some(32, HEX),
    "Azure storage": lambda k: f"AccountName=data;AccountKey={k.some(86)}==;EndpointSuffix=core.windows.net",
    "Azure client secret": lambda k: k.some(3, ALNUM) + "8Q~" + k.some(34, ALNUM),
    "Google service account": lambda k: f'"private_key": "{k.block(_PRIVATE, ends=chr(92) + "n")}"',
    "RSA": lambda k: k.block(f"RSA {_PRIVATE}"),
    "encrypted RSA": lambda k: k.block(
        f"RSA {_PRIVATE}", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F\n\n"
    ),
    "EC": lambda k: k.block(f"EC {_PRIVATE}"),
    "DSA": lambda k: k.block(f"DSA {_PRIVATE}"),
    "PKCS 8": lambda k: k.block(_PRIVATE),
    "encrypted PKCS 8": lambda k: k.block(f"ENCRYPTED {_PRIVATE}"),
    "OpenSSH": lambda k: k.block(f"OPENSSH {_PRIVATE}"),
    "PGP": lambda k: k.block(f"PGP {_PRIVATE} BLOCK", "Version: GnuPG v2\n\n"),
    "JWT": lambda k: f"ey{'J'}{k.some(33, WORD)}.ey{'J'}{k.some(90, WORD)}.{k.some(43, WORD)}",
    "basic auth": lambda k: f"https://bob:{k.some(10)}@intranet.corp/x",
    "PostgreSQL": lambda k: f"postgresql+psycopg://app:{k.some(12)}@db.internal:5432/sales",
    "libpq": lambda k: f"host=db.internal dbname=sales user=app password={k.some(7)}",
    "MySQL": lambda k: f"mysql://root:{k.some(9)}@10.0.0.7/db",
    "MongoDB": lambda k: f"mongodb+srv://app:{k.some(14)}@cluster0.x1.mongodb.net/?retryWrites=true",
    "Redis": lambda k: f"redis://:{k.some(20)}@cache:6379/0",
    "AMQP": lambda k: f"amqps://svc:{k.some(11)}@mq.internal/vhost",
    "SQL Server": lambda k: (
        f"Server=tcp:x.database.windows.net;Database=y;User ID=sa;Password={k.some(9)};Encrypt=True"
    ),
    "DigitalOcean": lambda k: "do" + "p_v1_" + k.some(64, HEX),
    "Heroku": lambda k: f"HEROKU_API_KEY={k.uuid()}",
    "Cloudflare": lambda k: f"CLOUDFLARE_API_TOKEN={k.some(40, WORD)}",
    "Netlify": lambda k: "nf" + "p_" + k.some(36),
    "Vercel": lambda k: f"VERCEL_TOKEN={k.some(24)}",
    "Linear": lambda k: "lin" + "_api_" + k.some(40),
    "Notion": lambda k: "secret" + "_" + k.some(43),
    "Notion, new": lambda k: "nt" + "n_" + k.some(46),
    "Airtable": lambda k: "pa" + "t" + k.some(14) + "." + k.some(64, HEX),
    "Asana": lambda k: f"1/{k.some(16, DIGITS[1:])}:{k.some(32, HEX)}",
    "Figma": lambda k: "fig" + "d_" + k.some(40, WORD),
    "Shopify": lambda k: "shp" + "at_" + k.some(32, HEX),
    "Square": lambda k: "sq0" + "atp-" + k.some(22, WORD),
    "Square, new": lambda k: "EAA" + "A" + k.some(60, WORD),
    "PayPal, Braintree": lambda k: f"access_token$production${k.some(16, SMALL + DIGITS)}${k.some(32, HEX)}",
    "PayPal": lambda k: f"PAYPAL_CLIENT_SECRET=E{k.some(79, WORD)}",
    "Telegram": lambda k: f"{k.some(10, DIGITS[1:])}:AA{k.some(33, WORD)}",
    "Discord": lambda k: "MT" + k.some(24) + "." + k.some(6) + "." + k.some(38),
    "Discord webhook": lambda k: (
        f"https://discord.com/api/webhooks/{k.some(18, DIGITS[1:])}/{k.some(68, WORD)}"
    ),
    "Dropbox": lambda k: "sl" + ".B" + k.some(134, WORD),
    "Doppler": lambda k: "dp" + ".pt." + k.some(43),
    "Vault": lambda k: "hv" + "s." + k.some(90),
    "Terraform": lambda k: k.some(14) + ".atlas" + "v1." + k.some(67),
    "Pulumi": lambda k: "pu" + "l-" + k.some(40, HEX),
    "Grafana": lambda k: "gl" + "sa_" + k.some(32) + "_" + k.some(8, HEX),
    "New Relic": lambda k: "NR" + "AK-" + k.some(27, CAPITAL + DIGITS),
    "Datadog": lambda k: f"DD_API_KEY={k.some(32, HEX)}",
    "Datadog in words": lambda k: f"my Datadog application key is {k.some(40, HEX)}",
    "Sentry": lambda k: "sntr" + "ys_" + k.some(110),
    "Snyk": lambda k: f"SNYK_TOKEN={k.uuid()}",
    "age": lambda k: "AGE-SECRET" + "-KEY-1" + k.some(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    "Groq": lambda k: "gs" + "k_" + k.some(52),
    "xAI": lambda k: "xa" + "i-" + k.some(80),
    "OpenRouter": lambda k: "sk" + "-or-v1-" + k.some(64, HEX),
    "Replicate": lambda k: "r8" + "_" + k.some(37),
    "Perplexity": lambda k: "pp" + "lx-" + k.some(48),
    "Fireworks": lambda k: "f" + "w_" + k.some(24),
    "Mistral": lambda k: f"MISTRAL_API_KEY={k.some(32)}",
    "Cohere": lambda k: f'co = cohere.Client("{k.some(40)}")',
    "Weights & Biases": lambda k: f"wandb login {k.some(40, HEX)}",
    "Kaggle": lambda k: f'{{"username":"bob","key":"{k.some(32, HEX)}"}}',
    "Supabase": lambda k: "sb" + "p_" + k.some(40, HEX),
    "NVIDIA": lambda k: "nv" + "api-" + k.some(64, WORD),
    "Docker Hub": lambda k: "dckr" + "_pat_" + k.some(27, WORD),
    "Postman": lambda k: "PM" + "AK-" + k.some(24, HEX) + "-" + k.some(34, HEX),
    "Tailscale": lambda k: "ts" + "key-auth-" + k.some(12) + "-" + k.some(32),
    "password in code": lambda k: f'password = "{k.some(6)}#{k.some(4)}"',
    "password with a type": lambda k: f"DB_PASSWORD: str = '{k.some(14)}'",
    "key in YAML": lambda k: f"api_key: {k.some(24)}",
    "key in JSON": lambda k: f'{{"clientSecret": "{k.some(30)}"}}',
    "key in the environment": lambda k: f"export MY_SERVICE_TOKEN={k.some(24)}",
    "key of a service of one's own": lambda k: f'os.environ["HARBOR_KEY"] = "{k.some(32)}"',
    "bearer": lambda k: f"Authorization: Bearer {k.some(40)}",
    "curl": lambda k: f"curl -u admin:{k.some(9)} https://x.corp/api",
}
"""Each format with what makes one of it."""
