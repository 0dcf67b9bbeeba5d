using System;
using System.IO;
using System.Text.Json;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Exit statuses and one-line errors, through the published binary.</summary>
[Trait("Category", "load")]
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cv-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BinaryFact]
    public void Usage_Wrong_StatusTwoAndOneLine()
    {
        Refused(2, "model", "inspec");
        Refused(2, "nonsense");
        Refused(2, "infer", "--model", "x");
        Refused(2, "infer", "--model", "x", "--input", "x", "--output", "x", "--backend", "tpu");
        Refused(2, "infer", "--model", NodeRig.ShippedModel, "--input", NodeRig.ShippedInput,
            "--output", PathOf("o"), "--threads", "0");
        Refused(2, "class", "create", "--token", "0x12", "--price", "1", "-o", PathOf("c"));
        Refused(2, "serve");
        Refused(2, "request", "--deployment", "x", "--channel", "x", "--spend-key", "x", "--state",
            "x", "--model", "x", "--prompt", "x", "--cancel-after", "0");
        Refused(2, "channel", "show", "--rpc", "not a url", "--deployment", Deployment(),
            "--channel", PathOf("none"));
    }

    [BinaryFact]
    public void Words_Unknown_NamedWithTheNearest()
    {
        string[][] wrong =
        [
            ["servee", "unknown command servee; did you mean serve? (see computevoucher --help)"],
            ["gamble", "unknown command gamble (see computevoucher --help)"],
            ["gamble --help", "unknown command gamble (see computevoucher --help)"],
            ["key creat --help", "unknown command key creat (see computevoucher key --help)"],
            ["key addres x", "unknown command key addres; did you mean address? (see "
                + "computevoucher key --help)"],
            ["serve --confg node.json", "unknown option --confg; did you mean --config? (see "
                + "computevoucher serve --help)"],
            ["doctor --jsn", "unknown option --jsn; did you mean --json? (see computevoucher "
                + "doctor --help)"],
        ];
        foreach (string[] one in wrong)
        {
            Assert.Equal($"computevoucher: {one[1]}\n", Refused(2, one[0].Split(' ')));
        }
    }

    /// <summary>A URL's key stands in its path, its query or before its host.</summary>
    [BinaryFact]
    public void Urls_Malformed_SecretNeverPrinted()
    {
        string[] urls =
        [
            "ftp://h/v3/SECRET", "http://user:SECRET@h:99999/", "https://SECRET@h:x/v3",
            "h.example/v3/SECRET", "https:///v3/SECRET", "http://h/?key=SECRET#SECRET",
            "ws://h/SECRET", "https://h/v3/SECRET more", "http://[::1/SECRET", "SECRET://h",
        ];
        foreach (string url in urls)
        {
            File.WriteAllText(PathOf("node.json"), $$"""
                { "chain": { "rpc": ["{{url}}"] }, "node": { "key": "k", "ledger": "l" } }
                """);
            string[][] commands =
            [
                ["doctor", "--rpc", url], ["doctor", $"--rpc={url}"], ["doctor", $"--rcp={url}"],
                ["doctor", "--config", PathOf("node.json")],
                ["serve", "--config", PathOf("node.json")],
                ["channel", "show", "--rpc", url, "--deployment", Deployment(), "--channel",
                    PathOf("none")],
            ];
            foreach (string[] command in commands)
            {
                (int status, string output, string error) = NodeRig.Run(command);
                Assert.NotEqual(0, status);
                Assert.False((output + error).Contains("SECRET", StringComparison.Ordinal),
                    string.Join(' ', command) + ": " + error);
            }
        }
    }

    [BinaryFact]
    public void Files_MissingOrDamaged_StatusOneAndOneLine()
    {
        string damaged = PathOf("damaged.tflite");
        byte[] model = File.ReadAllBytes(NodeRig.ShippedModel);
        File.WriteAllBytes(damaged, model[..(model.Length / 2)]);
        Refused(1, "model", "inspect", PathOf("none.tflite"));
        Refused(1, "model", "inspect", damaged);
        Refused(1, "key", "address", PathOf("none.key"));
        Refused(1, "class", "show", damaged);
        Refused(1, "verify", "trace", damaged);
        Refused(1, "serve", "--config", PathOf("none.json"));
        Refused(1, "infer", "--model", NodeRig.ShippedModel, "--input", damaged,
            "--output", PathOf("o"));
        File.WriteAllText(PathOf("node.json"), """{ "chain": { "rpcs": [] } }""");
        Assert.Contains("did you mean chain:rpc",
            Refused(1, "serve", "--config", PathOf("node.json")), StringComparison.Ordinal);
    }

    [BinaryFact]
    public void Bench_SavedRun_IsComparedWithTheSameModelOnly()
    {
        string saved = PathOf("saved.json");
        string[] bench = ["bench", "--model", NodeRig.ShippedModel, "--seconds", "0.05", "--json"];
        Assert.Equal(0, NodeRig.Run([.. bench, "--save", saved]).Status);
        (int status, string output, _) = NodeRig.Run([.. bench, "--against", saved]);
        Assert.Equal(0, status);
        using JsonDocument figures = JsonDocument.Parse(output);
        JsonElement latency = figures.RootElement.GetProperty("latencyMicros");
        Assert.InRange(
            latency.GetProperty("p50").GetDouble(), latency.GetProperty("min").GetDouble(),
            latency.GetProperty("max").GetDouble());
        Assert.True(figures.RootElement.GetProperty("p50AgainstSaved").GetDouble() > 0);

        File.WriteAllText(saved, File.ReadAllText(saved).Replace("0x2", "0x3"));
        Refused(1, [.. bench, "--against", saved]);
        File.WriteAllText(saved, "{}");
        Refused(1, [.. bench, "--against", saved]);
        Refused(2, "bench", "--model", NodeRig.ShippedModel, "--seconds", "0");
    }

    [BinaryFact]
    public void Help_EveryCommand_StatusZero()
    {
        string[] commands =
        [
            "", "model", "model import", "model inspect", "infer", "bench", "generate",
            "tokenize", "fidelity", "serve", "key", "deploy", "class", "provider", "voucher",
            "channel",
            "request", "redeem", "outbox", "outbox bump", "outbox cancel", "open",
            "verify", "verify receipt", "doctor", "dev",
            "status", "drain", "reload", "ledger", "ledger backup", "probe", "probe live",
        ];
        foreach (string command in commands)
        {
            string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            (int status, string output, string error) = NodeRig.Run([.. words, "--help"]);
            Assert.True(status == 0 && error.Length == 0, command);
            Assert.Contains("Usage:", output, StringComparison.Ordinal);
        }
    }

    [BinaryFact]
    public void Infer_EveryBackend_SameRootsAndOutputs()
    {
        string[] roots = new string[2];
        string[] backends = ["scalar", "avx2"];
        for (int i = 0; i < 2; i++)
        {
            (int status, string output, string error) = NodeRig.Run("infer", "--model",
                NodeRig.ShippedModel, "--input", NodeRig.ShippedInput, "--output",
                PathOf(backends[i]), "--backend", backends[i], "--json");
            Assert.True(status == 0, error);
            foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using JsonDocument one = JsonDocument.Parse(line);
                Assert.Equal(backends[i], one.RootElement.GetProperty("backend").GetString());
                roots[i] += one.RootElement.GetProperty("traceRoot").GetString();
            }
        }

        Assert.Equal(roots[0], roots[1]);
        Assert.Equal(File.ReadAllBytes(PathOf("scalar")), File.ReadAllBytes(PathOf("avx2")));
    }

    [BinaryFact]
    public void Artifact_Imported_SameModelRoot()
    {
        string import = Must("model", "import", NodeRig.ShippedModel, "-o", PathOf("m.cvm"));
        string inspect = Must("model", "inspect", PathOf("m.cvm"));
        Assert.Equal(Field(import, "modelRoot"), Field(inspect, "modelRoot"));
        Assert.False(File.Exists(PathOf("m.cvm.partial")));
    }

    [BinaryFact]
    public void Opening_OfTrace_VerifiesAndNothingElseDoes()
    {
        byte[] inputs = File.ReadAllBytes(NodeRig.ShippedInput);
        File.WriteAllBytes(PathOf("input"), inputs[..256]);
        string run = Must("infer", "--model", NodeRig.ShippedModel, "--input", PathOf("input"),
            "--output", PathOf("out"), "--trace", PathOf("trace"), "--dump", PathOf("dump"));
        string root = Field(run, "traceRoot");
        Must("verify", "trace", PathOf("trace"), "--root", root);
        Must("open", PathOf("trace"), "--tensor", "0", "--element", "100", "--count", "4",
            "-o", PathOf("opening"));
        string opened = Must("verify", "opening", PathOf("opening"), "--root", root);
        Assert.Equal("0x" + Convert.ToHexStringLower(inputs.AsSpan(100, 4)), Field(opened, "data"));
        Assert.Equal(File.ReadAllBytes(PathOf("out")),
            File.ReadAllBytes(Path.Combine(PathOf("dump"), "op008.bin")));
        byte[] opening = File.ReadAllBytes(PathOf("opening"));
        opening[^1] ^= 1;
        File.WriteAllBytes(PathOf("opening"), opening);
        Refused(1, "verify", "opening", PathOf("opening"), "--root", root);
    }

    [BinaryFact]
    public void Doctor_NoChain_EveryCheckOkOrSaysTheRemedy()
    {
        string report = Must("doctor");
        foreach (string name in new[] { "cpu", "gpu", "tls", "disk" })
        {
            Assert.Contains(name, report, StringComparison.Ordinal);
        }

        string failed = Refused(1, "doctor", "--rpc", $"http://127.0.0.1:{NodeRig.FreePort()}");
        Assert.Contains("1 of", failed, StringComparison.Ordinal);
    }

    private static string Must(params string[] arguments)
    {
        (int status, string output, string error) = NodeRig.Run([.. arguments, "--json"]);
        Assert.True(status == 0, string.Join(' ', arguments) + ": " + error);
        return output;
    }

    private static string Field(string json, string name)
    {
        using JsonDocument one = JsonDocument.Parse(json);
        return one.RootElement.GetProperty(name).ToString();
    }

    /// <summary>The status, one line, no stack trace; returns the line.</summary>
    private static string Refused(int status, params string[] arguments)
    {
        (int actual, _, string error) = NodeRig.Run(arguments);
        string command = string.Join(' ', arguments) + ": " + error;
        Assert.True(actual == status, command);
        Assert.True(error.EndsWith('\n') && error.IndexOf('\n') == error.Length - 1, command);
        Assert.False(error.Contains("   at ", StringComparison.Ordinal), command);
        Assert.False(error.Contains("a defect", StringComparison.Ordinal), command);
        return error;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Deployment()
    {
        string zero = new('0', 40);
        File.WriteAllText(PathOf("deployment.json"),
            $$"""{ "chainId": 1, "vouchers": "0x{{zero}}", "providers": "0x{{zero}}" }""");
        return PathOf("deployment.json");
    }
}
