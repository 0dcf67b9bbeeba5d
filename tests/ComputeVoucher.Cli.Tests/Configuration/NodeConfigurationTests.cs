using System;
using System.IO;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli.Tests;

public sealed class NodeConfigurationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("node-config");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Chain_Defaults_AgeLeastSizeAndRound()
    {
        NodeOptions options = Load("");
        Assert.Equal(TimeSpan.FromSeconds(120), options.Follow.HeadAgeMax);
        Assert.Equal((UInt128)1_000_000, options.Follow.UnitsMin);
        Assert.Equal(65_536, options.Follow.ChannelsMax);
        Assert.Equal(TimeSpan.FromMinutes(10), options.Follow.RereadEvery);
        Assert.Equal(256UL, options.Follow.RescanBlocks);
        Assert.Equal([""], options.RpcHeaders);
    }

    [Fact]
    public void RpcHeaderFiles_OneForEachEndpoint_ReadAndTrimmed()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "token"), "Authorization: Bearer abc\n");
        NodeOptions options = Load(""", "rpcHeaderFiles": ["-", "token"], "channelsMax": 5""");
        Assert.Equal(["", "Authorization: Bearer abc"], options.RpcHeaders);
        Assert.Equal(5, options.Follow.ChannelsMax);
    }

    [Theory]
    [InlineData("auto", true, LogFormat.Text)]
    [InlineData("auto", false, LogFormat.Json)]
    [InlineData("json", true, LogFormat.Json)]
    [InlineData("text", false, LogFormat.Text)]
    public void LogFormat_AsConfiguredOrForTheReader(
        string format, bool isTerminal, LogFormat wanted)
    {
        string path = Path.Combine(_folder.FullName, "node.json");
        Load("");
        File.WriteAllText(path, File.ReadAllText(path).Replace(
            "\"serve\"", $"\"log\": {{ \"format\": \"{format}\" }}, \"serve\"",
            StringComparison.Ordinal));
        Assert.Equal(wanted, NodeConfiguration.Load(path).FormatFor(isTerminal));
    }

    private NodeOptions Load(string more)
    {
        const string Zero = "0x0000000000000000000000000000000000000000";
        string path = Path.Combine(_folder.FullName, "node.json");
        File.WriteAllText(path, $$"""
            {
              "chain": {
                "rpc": ["http://a", "http://b"], "chainId": 1, "vouchers": "{{Zero}}",
                "providers": "{{Zero}}", "tokens": ["{{Zero}}"]{{more}}
              },
              "node": { "key": "k", "ledger": "l" },
              "serve": { "models": ["m"], "classes": ["c"] }
            }
            """);
        return NodeConfiguration.Load(path).Options;
    }
}
