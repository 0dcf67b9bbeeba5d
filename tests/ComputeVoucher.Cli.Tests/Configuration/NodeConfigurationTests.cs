using System;
using System.IO;
using System.Net;
using ComputeVoucher.Node;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

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

    /// <summary>The keys say what Wire's own defaults are, and reach it.</summary>
    [Fact]
    public void Wire_DefaultsAreThoseOfTheProtocol_AndKeysReachIt()
    {
        NodeOptions options = Load("");
        Assert.Equal(new WireLimits(), options.Wire);
        Assert.Empty(options.ProxyFrom);

        options = Load("", """
            "wire": {
              "connectionsMax": 300, "strangersMax": 100, "connectionsPerAddressMax": 200,
              "heldBytesMax": 8000000,
              "heldBytesStrangersMax": 2500000, "heldBytesPerAddressMax": 4000000,
              "abuseTokensMax": 9, "abuseTokenMs": 10, "proxyFrom": ["::ffff:127.0.0.1", "::1"]
            },
            """);
        Assert.Equal(
            new WireLimits
            {
                ConnectionsMax = 300,
                StrangersMax = 100,
                ConnectionsPerAddressMax = 200,
                HeldBytesMax = 8_000_000,
                HeldBytesStrangersMax = 2_500_000,
                HeldBytesPerAddressMax = 4_000_000,
                AbuseTokensMax = 9,
                AbuseTokenMs = 10,
            },
            options.Wire);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], options.ProxyFrom);
    }

    /// <summary>192 MiB by default, and as much more as the operator lets clients hold.</summary>
    [Theory]
    [InlineData(64 << 20, 10_240, 192 << 20)]
    [InlineData(96 << 20, 10_240, 256 << 20)]
    [InlineData(64 << 20, 20_480, 232 << 20)]
    public void HeapLimit_IsOfWhatClientsMayHold(int held, int connections, int bytes) =>
        Assert.Equal(bytes, HeapLimit.BesideModels(new WireLimits
        {
            HeldBytesMax = held,
            ConnectionsMax = connections,
        }));

    [Theory]
    [InlineData("""{ "heldBytesMax": 3000000 }""", "exceed")]
    [InlineData("""{ "connectionsMax": 10 }""", "one address exceeds all")]
    public void Wire_BoundsThatContradictEachOther_OneLine(string wire, string problem) =>
        Assert.Contains(problem, Assert.Throws<WireException>(
            () => Load("", $"\"wire\": {wire},")).Message, StringComparison.Ordinal);

    [Fact]
    public void ProxyFrom_NoAddress_Refused() => Assert.Contains("wire:proxyFrom",
        Assert.Throws<CommandException>(
            () => Load("", "\"wire\": { \"proxyFrom\": [\"tunnel\"] },")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Inputs_DefaultIsThatOfThePolicy_AndTheKeyReachesIt()
    {
        Assert.Equal(
            new ServicePolicy().NodeInputBytesMax, Load("").Policy.NodeInputBytesMax);
        Assert.Equal(5, Load("", "\"ledger\": { \"inputBytesMax\": 5 },").Policy.NodeInputBytesMax);
    }

    /// <summary>R11: a longer horizon would outlive the bond.</summary>
    [Fact]
    public void Horizon_BeyondThreeDays_IsRefused()
    {
        ServicePolicy policy = Load("", "\"rules\": { \"orderHorizonSeconds\": 259200 },").Policy;
        Assert.Equal(CourtLimits.DeadlineAheadSecondsMax, policy.OrderHorizonSeconds);
        Assert.Contains("rules:orderHorizonSeconds", Assert.Throws<CommandException>(
            () => Load("", "\"rules\": { \"orderHorizonSeconds\": 259201 },")).Message,
            StringComparison.Ordinal);
    }

    private NodeOptions Load(string more, string section = "")
    {
        const string Zero = "0x0000000000000000000000000000000000000000";
        string path = Path.Combine(_folder.FullName, "node.json");
        File.WriteAllText(path, $$"""
            {
              {{section}}
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
