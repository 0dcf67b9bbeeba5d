using System;
using System.IO;

namespace ComputeVoucher.Cli.Tests;

public sealed class ConfigFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Load_NestedKeys_Read()
    {
        ConfigFile file = Load("""
            { "chain": { "rpc": ["http://a", "http://b"], "chainId": 1 },
              "node": { "key": "node.key" } }
            """);
        Assert.Equal(["http://a", "http://b"], file.Texts(ConfigKeys.ChainRpc));
        Assert.Equal(1UL, file.Number(ConfigKeys.ChainId, 1, 10));
        Assert.Equal("127.0.0.1:9600", file.Text(ConfigKeys.NodeListen));
        Assert.Equal(
            Path.Combine(Path.GetDirectoryName(_path)!, "node.key"),
            file.ResolvePath(file.Text(ConfigKeys.NodeKey)));
    }

    [Theory]
    [InlineData("""{ "node": { "lissten": "x" } }""", "node:lissten", "node:listen")]
    [InlineData("""{ "chian": { "rpc": "x" } }""", "chian", "chain:rpc")]
    [InlineData("""{ "server": { "models": ["x"] } }""", "server:models", "serve:models")]
    [InlineData("""{ "server": { "key": "x" } }""", "server:key", null)]
    [InlineData("""{ "server": {} }""", "server", "serve")]
    [InlineData("""{ "log": { "forma": "x" } }""", "log:forma", "log:format")]
    [InlineData("""{ "serve": { "backend": { "deep": 1 } } }""", "serve:backend:deep", null)]
    [InlineData("""{ "chain": { "rpc": { "one": "x" } } }""", "chain:rpc:one", null)]
    [InlineData("""{ "rpc": "x" }""", "rpc", null)]
    public void Load_UnknownKey_RefusedByName(string json, string name, string? near)
    {
        CommandException refused = Assert.Throws<CommandException>(() => Load(json));
        Assert.Contains("unknown configuration key", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(near is null ? "" : $"(did you mean {near}?)", refused.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("node:key", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Urls_OneIsNone_RefusedWithoutItsText()
    {
        ConfigFile file = Load("""{ "chain": { "rpc": ["http://a", "infura.io/v3/KEY"] } }""");
        CommandException refused = Assert.Throws<CommandException>(
            () => file.Urls(ConfigKeys.ChainRpc));
        Assert.Contains("chain:rpc: entry 2", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("KEY", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{ \"a\": }")]
    [InlineData("[1]")]
    [InlineData("\u0000\u0001")]
    [InlineData("")]
    public void Load_NotJson_OneLine(string json)
    {
        CommandException refused = Assert.Throws<CommandException>(() => Load(json));
        Assert.StartsWith(_path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Oversize_Refused()
    {
        File.WriteAllText(_path, "{ \"a\": \"" + new string('x', 2 << 20) + "\" }");
        Assert.Contains("more than 1048576 bytes",
            Assert.Throws<CommandException>(() => ConfigFile.Load(_path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999999")]
    [InlineData("many")]
    public void Number_OutOfRange_NamesKeyAndRange(string value)
    {
        ConfigFile file = Load($$"""{ "serve": { "queueOrdersMax": "{{value}}" } }""");
        CommandException refused = Assert.Throws<CommandException>(
            () => file.Number(ConfigKeys.ServeQueue, 1, 100));
        Assert.Contains("serve:queueOrdersMax", refused.Message, StringComparison.Ordinal);
        Assert.Contains("from 1 to 100", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Synchronous_NotGiven_Full() =>
        Assert.Equal("FULL", Load("{}").Text(ConfigKeys.LedgerSynchronous));

    [Theory]
    [InlineData("{ \"node\": { \"key\": \"\\ud800\" } }")]
    [InlineData("{ \"\\udfff\": 1 }")]
    public void Load_TextThatIsNoText_OneLine(string json) => Assert.Contains(
        "not a JSON configuration", Assert.Throws<CommandException>(() => Load(json)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Text_MissingWithoutDefault_Refused() => Assert.Contains("chain:vouchers is missing",
        Assert.Throws<CommandException>(() => Load("{}").Text(ConfigKeys.ChainVouchers)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Environment_OverFile_Wins()
    {
        Environment.SetEnvironmentVariable("CV_LOG__LEVEL", "Error");
        try
        {
            Assert.Equal("Error", Load("""{ "log": { "level": "Debug" } }""")
                .Text(ConfigKeys.LogLevel));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CV_LOG__LEVEL", null);
        }
    }

    [Fact]
    public void Help_EveryKey_WithUnitAndDefault()
    {
        string help = ConfigFile.Help();
        foreach (ConfigKey key in ConfigKeys.All)
        {
            Assert.Contains(key.Name + "\n", help, StringComparison.Ordinal);
            Assert.Contains(key.Unit, help, StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(key.Meaning));
        }
    }

    private ConfigFile Load(string json)
    {
        File.WriteAllText(_path, json);
        return ConfigFile.Load(_path);
    }
}
