using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node.Commands;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node.Configuration;

/// <summary>The configuration of <c>serve</c>, every value checked.</summary>
internal sealed record NodeOptions
{
    /// <summary>SIGTERM has to end the process within 5 s; the rest is for the ledger.</summary>
    private const ulong DrainMsMax = 4_500;

    public required IReadOnlyList<Uri> Rpc { get; init; }

    public required VoucherDomain Domain { get; init; }

    public required uint Confirmations { get; init; }

    public required TimeSpan Poll { get; init; }

    public required TimeSpan AwayMax { get; init; }

    public required ulong StartBlock { get; init; }

    public required IReadOnlyList<Address> Tokens { get; init; }

    public required IReadOnlyList<Address> Courts { get; init; }

    public required string KeyFile { get; init; }

    public required IPEndPoint Listen { get; init; }

    public required string Ledger { get; init; }

    public required LedgerSynchronous Synchronous { get; init; }

    /// <summary>Null: no health endpoint.</summary>
    public required IPEndPoint? Health { get; init; }

    public required IReadOnlyList<string> Models { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    public required Backend Backend { get; init; }

    public required int Workers { get; init; }

    public required int Streams { get; init; }

    public required int ThreadsPerWorker { get; init; }

    public required int QueueOrdersMax { get; init; }

    public required TimeSpan Drain { get; init; }

    /// <summary>Bounds only; node, classes and models are filled in when they are loaded.</summary>
    public required ServicePolicy Policy { get; init; }

    public required RedeemOptions Redeem { get; init; }

    public required LogLevel LogLevel { get; init; }

    public static NodeOptions Load(string path)
    {
        ConfigFile file = ConfigFile.Load(path);
        string health = file.Text(ConfigKeys.NodeHealth);
        int cores = Environment.ProcessorCount;
        ulong workers = file.Number(ConfigKeys.ServeWorkers, 0, BackendOption.ThreadsMax);
        return new NodeOptions
        {
            Rpc = All(file, ConfigKeys.ChainRpc, text => new Uri(text, UriKind.Absolute)),
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
            KeyFile = file.ResolvePath(file.Text(ConfigKeys.NodeKey)),
            Listen = One(file, ConfigKeys.NodeListen, EndPoint),
            Ledger = file.ResolvePath(file.Text(ConfigKeys.NodeLedger)),
            Synchronous = One(file, ConfigKeys.LedgerSynchronous, SynchronousOf),
            Health = health == "off" ? null : file.Parse(ConfigKeys.NodeHealth, health, EndPoint),
            Models = All(file, ConfigKeys.ServeModels, file.ResolvePath),
            Classes = All(file, ConfigKeys.ServeClasses, file.ResolvePath),
            Backend = BackendOption.Parse(file.Text(ConfigKeys.ServeBackend)),
            Workers = workers == 0 ? cores : (int)workers,
            Streams = (int)file.Number(ConfigKeys.ServeStreams, 1, BackendOption.ThreadsMax),
            ThreadsPerWorker = (int)file.Number(
                ConfigKeys.ServeThreads, 1, BackendOption.ThreadsMax),
            QueueOrdersMax = (int)file.Number(ConfigKeys.ServeQueue, 1, 1 << 20),
            Drain = Ms(file, ConfigKeys.ServeDrainMs, 0, DrainMsMax),
            Policy = LoadPolicy(file),
            Redeem = LoadRedeem(file),
            LogLevel = One(file, ConfigKeys.LogLevel, Level),
        };
    }

    private static ServicePolicy LoadPolicy(ConfigFile file)
    {
        ulong units = (ulong)VoucherLimits.UnitsMax;
        return new ServicePolicy
        {
            OrderHorizonSeconds = file.Number(ConfigKeys.RulesHorizonSeconds, 1, 30 * 86_400),
            RedeemMarginSeconds = file.Number(ConfigKeys.RulesMarginSeconds, 0, 30 * 86_400),
            BudgetStartUnits = file.Number(ConfigKeys.RulesBudgetStart, 1, units),
            BudgetGrowthPermille = (uint)file.Number(ConfigKeys.RulesBudgetGrowth, 0, 1_000_000),
            BudgetUnitsMax = file.Number(ConfigKeys.RulesBudgetMax, 1, units),
            NodeUnackedUnitsMax = file.Number(ConfigKeys.RulesBudgetTotal, 1, units),
        };
    }

    private static RedeemOptions LoadRedeem(ConfigFile file)
    {
        string key = file.Text(ConfigKeys.RedeemKey);
        return new RedeemOptions(
            file.Flag(ConfigKeys.RedeemEnabled),
            file.ResolvePath(key.Length == 0 ? file.Text(ConfigKeys.NodeKey) : key),
            file.Number(ConfigKeys.RedeemWeiPerToken, 0, ulong.MaxValue),
            (uint)file.Number(ConfigKeys.RedeemGasFactor, 1, 1_000_000),
            Seconds(file, ConfigKeys.RedeemAgeSeconds, 1, 30 * 86_400));
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

    private static LogLevel Level(string text) =>
        Enum.TryParse(text, ignoreCase: true, out LogLevel level) && Enum.IsDefined(level)
            ? level
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"one of {string.Join(", ", Enum.GetNames<LogLevel>())} is wanted"));
}
