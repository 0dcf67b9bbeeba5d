using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Cli;

/// <summary>What a configuration names on this machine: keys, files, ports, bounds.</summary>
internal static class ConfigurationChecks
{
    /// <summary>No model that is served has a longer context; for a lower bound of an order.
    /// </summary>
    private const ulong TokensMax = 1 << 16;

    public static async Task<List<Finding>> RunAsync(
        NodeConfiguration configuration, CancellationToken cancel)
    {
        NodeOptions options = configuration.Options;
        List<Finding> findings =
        [
            MachineChecks.Key("key", configuration.KeyFile),
            MachineChecks.Key("payer", configuration.PayerKeyFile),
            MachineChecks.Descriptors(options.Wire),
            Classes(configuration),
        ];
        foreach (string file in options.Models)
        {
            findings.Add(Model(file, options));
        }

        bool isRunning = await ControlClient.IsThereAsync(options.Ledger, cancel)
            .ConfigureAwait(false);
        findings.Add(Port("node:listen", options.Listen, isRunning));
        if (options.Health is { } health)
        {
            findings.Add(Port("node:health", health, isRunning));
        }

        return findings;
    }

    /// <summary>The address of a key file; null where it cannot be read.</summary>
    public static Address? AddressOf(string path)
    {
        try
        {
            using PrivateKey key = KeyFile.Load(path);
            return key.Address;
        }
        catch (Exception failure) when (failure is CommandException or IOException
            or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Finding Classes(NodeConfiguration configuration)
    {
        try
        {
            int count = Pinned.CheckClasses(configuration.Options, configuration.LoadClasses(),
                NullLogger.Instance).Count;
            return new Finding("classes", true, $"{count} read, of pinned tokens and courts");
        }
        catch (Exception failure) when (failure is CommandException or NodeException
            or IOException or UnauthorizedAccessException)
        {
            return new Finding("classes", false, failure.Message);
        }
    }

    private static Finding Model(string file, NodeOptions options)
    {
        try
        {
            using IModel model = ModelFile.Open(file);
            // A stream's figure is that of its longest order; its shortest is one token.
            ulong units = model.Description.Units / (model.IsStream ? TokensMax : 1);
            UInt128 start = UInt128.Min(options.Policy.BudgetStartUnits, UInt128.Min(
                options.Policy.BudgetUnitsMax, options.Policy.NodeUnackedUnitsMax));
            return units <= start
                ? new Finding("model", true, $"{file}: {units} units an order at least")
                : new Finding("model", false, $"{file}: an order costs {units} units or more, a "
                    + $"new key may owe {start}: every first order is refused (raise "
                    + "rules:budgetUnitsStart, budgetUnitsMax and budgetUnitsTotal)");
        }
        catch (Exception failure) when (failure is ModelException or IOException
            or UnauthorizedAccessException)
        {
            return new Finding("model", false, Failure.Describe(failure));
        }
    }

    private static Finding Port(string name, IPEndPoint endpoint, bool isRunning)
    {
        string? why = HealthPage.WhyTaken(endpoint);
        return why is null ? new Finding("port", true, $"{name} {endpoint} is free")
            : isRunning ? new Finding("port", true, $"{name} {endpoint} is the running node's")
            : new Finding("port", false, $"{name} {endpoint}: {why} (stop what has it, or choose "
                + "another)");
    }
}
