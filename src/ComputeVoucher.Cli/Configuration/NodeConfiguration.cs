using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Cli;

/// <summary>The configuration file of a node, every value checked.</summary>
/// <param name="Options">What the node is told.</param>
/// <param name="KeyFile">Signs receipts.</param>
/// <param name="PayerKeyFile">Pays the gas of redemptions.</param>
/// <param name="ClassFiles">Terms that the operator is ready to be paid in.</param>
/// <param name="LogLevel">Least level that is logged.</param>
/// <param name="LogFormat">For whom; null is for whoever reads standard error.</param>
internal sealed record NodeConfiguration(
    NodeOptions Options, string KeyFile, string PayerKeyFile,
    IReadOnlyList<string> ClassFiles, LogLevel LogLevel, LogFormat? LogFormat)
{
    /// <summary>SIGTERM has to end the process within 5 s; the rest is for the ledger.</summary>
    private const ulong DrainMsMax = 4_500;

    /// <summary>1 TiB: no machine holds as many for clients.</summary>
    private const ulong HeldBytesMax = 1UL << 40;

    /// <summary>1 PiB: no ledger holds as much.</summary>
    private const ulong InputBytesMax = 1UL << 50;

    /// <summary>Tokens have a few hundred characters.</summary>
    private const int HeaderBytesMax = 8 << 10;

    public static NodeConfiguration Load(string path)
    {
        ConfigFile file = ConfigFile.Load(path);
        string health = file.Text(ConfigKeys.NodeHealth);
        int cores = Environment.ProcessorCount;
        ulong workers = file.Number(ConfigKeys.ServeWorkers, 0, BackendOption.ThreadsMax);
        string payer = file.Text(ConfigKeys.RedeemKey);
        string key = file.Text(ConfigKeys.NodeKey);
        NodeOptions options = new()
        {
            Rpc = file.Urls(ConfigKeys.ChainRpc),
            RpcHeaders = All(file, ConfigKeys.ChainHeaderFiles, text => HeaderOf(file, text)),
            Follow = LoadFollow(file),
            Domain = new VoucherDomain(
                file.Number(ConfigKeys.ChainId, 1, ulong.MaxValue),
                One(file, ConfigKeys.ChainVouchers, text => Address.Parse(text)),
                One(file, ConfigKeys.ChainProviders, text => Address.Parse(text))),
            Confirmations = (uint)file.Number(ConfigKeys.ChainConfirmations, 0, 10_000),
            Poll = Ms(file, ConfigKeys.ChainPollMs, 50, 60_000),
            AwayMax = Seconds(file, ConfigKeys.ChainAwaySeconds, 1, 86_400),
            StartBlock = file.Number(ConfigKeys.ChainStartBlock, 0, ulong.MaxValue),
            Tokens = All(file, ConfigKeys.ChainTokens, text => Address.Parse(text)),
            Courts = All(file, ConfigKeys.ChainCourts, text => Address.Parse(text)),
            Listen = One(file, ConfigKeys.NodeListen, EndPoint),
            Wire = LoadWire(file),
            ProxyFrom = LoadProxies(file),
            Ledger = file.ResolvePath(file.Text(ConfigKeys.NodeLedger)),
            Synchronous = One(file, ConfigKeys.LedgerSynchronous, SynchronousOf),
            Health = health == "off" ? null : file.Parse(ConfigKeys.NodeHealth, health, EndPoint),
            HealthOpen = file.Flag(ConfigKeys.NodeHealthOpen),
            Models = All(file, ConfigKeys.ServeModels, file.ResolvePath),
            Backend = BackendOption.Parse(file.Text(ConfigKeys.ServeBackend)),
            Workers = workers == 0 ? cores : (int)workers,
            Streams = (int)file.Number(ConfigKeys.ServeStreams, 1, BackendOption.ThreadsMax),
            ThreadsPerWorker = (int)file.Number(
                ConfigKeys.ServeThreads, 1, BackendOption.ThreadsMax),
            QueueOrdersMax = (int)file.Number(ConfigKeys.ServeQueue, 1, 1 << 20),
            Drain = Ms(file, ConfigKeys.ServeDrainMs, 0, DrainMsMax),
            Policy = LoadPolicy(file),
            Redeem = LoadRedeem(file),
        };
        return new NodeConfiguration(
            options, file.ResolvePath(key), file.ResolvePath(payer.Length == 0 ? key : payer),
            All(file, ConfigKeys.ServeClasses, file.ResolvePath),
            One(file, ConfigKeys.LogLevel, Level),
            One(file, ConfigKeys.LogFormat, FormatOf));
    }

    /// <summary>As configured; else people sit at a terminal, and what else reads the log reads
    /// fields.</summary>
    public LogFormat FormatFor(bool isTerminal) =>
        LogFormat ?? (isTerminal ? Node.LogFormat.Text : Node.LogFormat.Json);

    /// <summary>URLs hold keys of providers, so a wrong one is not repeated in the error.</summary>
    public List<PinnedClass> LoadClasses()
    {
        List<PinnedClass> classes = [];
        foreach (string path in ClassFiles)
        {
            classes.Add(new PinnedClass(path, ClassFile.Load(path)));
        }

        return classes;
    }

    private static ServicePolicy LoadPolicy(ConfigFile file)
    {
        ulong units = (ulong)VoucherLimits.UnitsMax;
        return new ServicePolicy
        {
            OrderHorizonSeconds = file.Number(
                ConfigKeys.RulesHorizonSeconds, 1, CourtLimits.DeadlineAheadSecondsMax),
            RedeemMarginSeconds = file.Number(ConfigKeys.RulesMarginSeconds, 0, 30 * 86_400),
            BudgetStartUnits = file.Number(ConfigKeys.RulesBudgetStart, 1, units),
            BudgetGrowthPermille = (uint)file.Number(ConfigKeys.RulesBudgetGrowth, 0, 1_000_000),
            BudgetUnitsMax = file.Number(ConfigKeys.RulesBudgetMax, 1, units),
            NodeUnackedUnitsMax = file.Number(ConfigKeys.RulesBudgetTotal, 1, units),
            NodeInputBytesMax = (long)file.Number(
                ConfigKeys.LedgerInputBytes, 1, InputBytesMax),
        };
    }

    private static WireLimits LoadWire(ConfigFile file)
    {
        WireLimits limits = new()
        {
            ConnectionsMax = (int)file.Number(ConfigKeys.WireConnections, 1, 1 << 20),
            StrangersMax = (int)file.Number(ConfigKeys.WireStrangers, 1, 1 << 20),
            ConnectionsPerAddressMax = (int)file.Number(ConfigKeys.WirePerAddress, 1, 1 << 20),
            HeldBytesMax = (long)file.Number(ConfigKeys.WireHeld, 1, HeldBytesMax),
            HeldBytesStrangersMax = (long)file.Number(
                ConfigKeys.WireHeldStrangers, 1, HeldBytesMax),
            HeldBytesPerAddressMax = (long)file.Number(
                ConfigKeys.WireHeldPerAddress, 1, HeldBytesMax),
            AbuseTokensMax = (int)file.Number(ConfigKeys.WireTokens, 1, 1 << 20),
            AbuseTokenMs = (int)file.Number(ConfigKeys.WireTokenMs, 1, 3_600_000),
        };
        limits.Verify();
        return limits;
    }

    private static List<IPAddress> LoadProxies(ConfigFile file)
    {
        List<IPAddress> proxies = [];
        foreach (string text in file.Texts(ConfigKeys.WireProxyFrom))
        {
            if (text != "-")
            {
                proxies.Add(file.Parse(ConfigKeys.WireProxyFrom, text, IpAddress));
            }
        }

        return proxies;
    }

    private static IPAddress IpAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address)
            ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
            : throw new FormatException("an IP address is wanted, as 127.0.0.1");

    private static MirrorOptions LoadFollow(ConfigFile file) => new()
    {
        HeadAgeMax = Seconds(file, ConfigKeys.ChainHeadAge, 0, 86_400),
        UnitsMin = file.Number(ConfigKeys.ChainUnitsMin, 1, (ulong)VoucherLimits.UnitsMax),
        ChannelsMax = (int)file.Number(ConfigKeys.ChainChannelsMax, 1, 1 << 22),
        RereadEvery = Seconds(file, ConfigKeys.ChainReread, 0, 86_400),
        RescanBlocks = file.Number(ConfigKeys.ChainRescan, 0, 100_000),
        LogBlocksMax = file.Number(ConfigKeys.ChainLogBlocks, 1, 1_000_000),
    };

    /// <summary>The first line of a file; nothing of it is ever printed.</summary>
    private static string HeaderOf(ConfigFile file, string name)
    {
        if (name == "-")
        {
            return "";
        }

        byte[] text = BoundedFile.Read(file.ResolvePath(name), HeaderBytesMax);
        return Encoding.UTF8.GetString(text).Trim();
    }

    private static RedeemOptions LoadRedeem(ConfigFile file) => new(
        file.Flag(ConfigKeys.RedeemEnabled),
        file.Number(ConfigKeys.RedeemWeiPerToken, 0, ulong.MaxValue),
        (uint)file.Number(ConfigKeys.RedeemGasFactor, 1, 1_000_000),
        Seconds(file, ConfigKeys.RedeemAgeSeconds, 1, 30 * 86_400),
        LoadFees(file));

    private static FeeLimits LoadFees(ConfigFile file)
    {
        ulong tip = file.Number(ConfigKeys.RedeemTip, 0, long.MaxValue);
        string oracle = file.Text(ConfigKeys.RedeemDataFeeOracle);
        return new FeeLimits
        {
            GasPriceMax = file.Number(ConfigKeys.RedeemGasPriceMax, 1, ulong.MaxValue),
            TransactionMax = file.Number(ConfigKeys.RedeemTransactionMax, 1, ulong.MaxValue),
            DayMax = file.Number(ConfigKeys.RedeemDayMax, 1, ulong.MaxValue),
            UrgentMax = file.Number(ConfigKeys.RedeemUrgentMax, 1, ulong.MaxValue),
            Tip = tip == 0 ? null : tip,
            DataFeeOracle = oracle.Length == 0
                ? null
                : file.Parse(ConfigKeys.RedeemDataFeeOracle, oracle, text => Address.Parse(text)),
        };
    }

    private static TimeSpan Ms(ConfigFile file, string name, ulong min, ulong max) =>
        TimeSpan.FromMilliseconds(file.Number(name, min, max));

    private static TimeSpan Seconds(ConfigFile file, string name, ulong min, ulong max) =>
        TimeSpan.FromSeconds(file.Number(name, min, max));

    private static T One<T>(ConfigFile file, string name, Func<string, T> parse) =>
        file.Parse(name, file.Text(name), parse);

    private static List<T> All<T>(ConfigFile file, string name, Func<string, T> parse)
    {
        List<T> values = [];
        foreach (string text in file.Texts(name))
        {
            values.Add(file.Parse(name, text, parse));
        }

        return values;
    }

    private static IPEndPoint EndPoint(string text) =>
        IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && text.Contains(':')
            ? endpoint
            : throw new FormatException("an address and a port are wanted, as 127.0.0.1:9600");

    private static LedgerSynchronous SynchronousOf(string text) => text.ToUpperInvariant() switch
    {
        "FULL" => LedgerSynchronous.Full,
        "OFF" => LedgerSynchronous.Off,
        _ => throw new FormatException("FULL or OFF is wanted"),
    };

    private static LogFormat? FormatOf(string text) => text.ToUpperInvariant() switch
    {
        "AUTO" => null,
        "JSON" => Node.LogFormat.Json,
        "TEXT" => Node.LogFormat.Text,
        _ => throw new FormatException("json, text or auto is wanted"),
    };

    private static LogLevel Level(string text) =>
        Enum.TryParse(text, ignoreCase: true, out LogLevel level) && Enum.IsDefined(level)
            ? level
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"one of {string.Join(", ", Enum.GetNames<LogLevel>())} is wanted"));
}
