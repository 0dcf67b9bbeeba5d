using System;
using System.IO;
using System.Text;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Truncated, bit-flipped, oversize and endless files, through the published binary: one
/// line, status 1, no stack trace, whatever is in them.</summary>
[Trait("Category", "load")]
public sealed class DamagedFileTests : IDisposable
{
    private const string Zero20 = "0x0000000000000000000000000000000000000000";

    private static readonly string s_zero32 = "0x" + new string('0', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("cv-damaged-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BinaryFact]
    public void Model_EveryDamage_OneLine()
    {
        byte[] model = File.ReadAllBytes(NodeRig.ShippedModel);
        string path = PathOf("m.tflite");
        string[] inspect = ["model", "inspect", path];
        Damage(model, path, inspect, 24);
        using (FileStream huge = File.Create(path))
        {
            huge.Write(model);
            huge.SetLength(3L << 30);
        }

        Refused(inspect);
        Refused("model", "inspect", _folder);
        Refused("model", "inspect", "/dev/zero");
    }

    [BinaryFact]
    public void Artifact_EveryDamage_OneLine()
    {
        string path = PathOf("m.cvm");
        Assert.Equal(0, NodeRig.Run(
            "model", "import", NodeRig.ShippedModel, "-o", path).Status);
        Damage(File.ReadAllBytes(path), path, ["model", "inspect", path], 16);
    }

    [BinaryFact]
    public void ClassFile_EveryDamage_OneLine()
    {
        string path = PathOf("class.json");
        Assert.Equal(0, NodeRig.Run("class", "create", "--token", Zero20[..^1] + "1", "--price",
            "1", "-o", path).Status);
        string[] show = ["class", "show", path];
        Damage(File.ReadAllBytes(path), path, show, 16);
        Hostile(path, show);
    }

    [BinaryFact]
    public void Config_EveryDamage_OneLine()
    {
        string path = PathOf("node.json");
        byte[] config = Encoding.UTF8.GetBytes($$"""
            { "chain": { "rpc": ["http://127.0.0.1:1"], "chainId": 1, "vouchers": "{{Zero20}}",
              "providers": "{{Zero20}}", "tokens": ["{{Zero20}}"] },
              "node": { "key": "none.key", "ledger": "ledger" },
              "serve": { "models": ["none"], "classes": ["none"] } }
            """);
        string[] serve = ["serve", "--config", path];
        Damage(config, path, serve, 16);
        Hostile(path, serve);
        Refused("serve", "--config", "/dev/zero");
        Refused("serve", "--config", _folder);
    }

    [BinaryFact]
    public void DeploymentChannelReceiptsState_EveryDamage_OneLine()
    {
        string deployment = PathOf("deployment.json");
        string channel = PathOf("channel.json");
        string key = PathOf("spend.key");
        byte[] addresses = Encoding.UTF8.GetBytes($$"""
            { "chainId": 1, "vouchers": "{{Zero20}}", "providers": "{{Zero20}}" }
            """);
        byte[] terms = Encoding.UTF8.GetBytes($$"""
            { "holder": "{{Zero20}}", "node": "{{Zero20}}", "spendKey": "{{Zero20}}",
              "classId": "{{s_zero32}}", "salt": "{{s_zero32}}" }
            """);
        string receipts = PathOf("receipts");
        string[] verify =
        [
            "verify", "receipt", receipts, "--deployment", deployment, "--channel", channel,
        ];
        byte[] line = Encoding.UTF8.GetBytes(
            $$"""{ "index": 0, "order": "{{s_zero32}}", "receipt": "{{s_zero32}}" }""" + "\n");
        File.WriteAllBytes(deployment, addresses);
        File.WriteAllBytes(channel, terms);
        Damage(line, receipts, verify, 8);
        Hostile(receipts, verify);
        File.WriteAllBytes(receipts, line);
        Damage(terms, channel, verify, 8);
        Hostile(channel, verify);
        File.WriteAllBytes(channel, terms);
        Damage(addresses, deployment, verify, 8);
        Hostile(deployment, verify);

        File.WriteAllBytes(deployment, addresses);
        Assert.Equal(0, NodeRig.Run("key", "new", key).Status);
        string state = PathOf("client.state");
        File.WriteAllBytes(state, line);
        Refused("request", "--at", "127.0.0.1:1", "--deployment", deployment, "--channel",
            channel, "--spend-key", key, "--state", state, "--model", NodeRig.ShippedModel,
            "--input", NodeRig.ShippedInput);
        Assert.Equal(line, File.ReadAllBytes(state));
    }

    [BinaryFact]
    public void Output_FullOrNoFile_OneLineAndNothingReplaced()
    {
        string[] import = ["model", "import", NodeRig.ShippedModel, "-o"];
        Assert.Contains("/dev/full", Refused([.. import, "/dev/full"]), StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo("/dev/full").Length);
        Refused([.. import, _folder]);
        Refused([.. import, PathOf("no/such/folder")]);
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(_folder) + "*"));
    }

    /// <summary>Cut at every so many-th byte, and one bit flipped there.</summary>
    private static void Damage(byte[] good, string path, string[] command, int places)
    {
        for (int i = 0; i < places; i++)
        {
            int at = (int)((long)good.Length * i / places);
            File.WriteAllBytes(path, good[..at]);
            Refused(command);
            byte[] flipped = [.. good];
            flipped[at] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(path, flipped);
            NoTrace(NodeRig.Run(command), command);
        }
    }

    /// <summary>Text that is JSON, or almost, and nothing that belongs here.</summary>
    private static void Hostile(string path, string[] command)
    {
        string[] texts =
        [
            "", "null", "[]", "\"\"", "{\"chain\":{\"rpc\":[\"\\ud800\"]}}", "{\"\\ud800\":1}",
            "{\"token\":\"\\udfff\",\"chainId\":\"\\ud800\",\"holder\":\"\\ud800\"}",
            new string('[', 60_000), new string('{', 300),
            "{\"a\":" + new string('9', 5_000) + "}", new string(' ', 2 << 20),
        ];
        foreach (string text in texts)
        {
            File.WriteAllText(path, text);
            Refused(command);
        }

        File.WriteAllBytes(path, [(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)':', 0x80]);
        Refused(command);
        File.WriteAllBytes(path,
            [.. "{\"token\":\""u8, 0xFF, 0xFE, .. "\",\"chainId\":\""u8, 0xC0, .. "\"}"u8]);
        Refused(command);
        using (FileStream huge = File.Create(path))
        {
            huge.SetLength(1L << 30);
        }

        Refused(command);
    }

    private static string Refused(params string[] command)
    {
        (int status, string output, string error) = NodeRig.Run(command);
        Assert.True(status == 1, $"{string.Join(' ', command)}: {status} {output} {error}");
        NoTrace((status, output, error), command);
        return error;
    }

    private static void NoTrace(
        (int Status, string Output, string Error) run, string[] command)
    {
        string what = $"{string.Join(' ', command)}: {run.Status} {run.Error}";
        Assert.True(run.Status is 0 or 1, what);
        Assert.True(run.Error.Length == 0 || run.Error.IndexOf('\n') == run.Error.Length - 1, what);
        Assert.False(run.Error.Contains("   at ", StringComparison.Ordinal), what);
        Assert.False(run.Error.Contains("a defect", StringComparison.Ordinal), what);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
