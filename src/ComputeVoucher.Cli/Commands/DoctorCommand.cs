using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Node;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Cli;

/// <summary><c>doctor</c>: each part of the node's surroundings, ok or the remedy.</summary>
internal static class DoctorCommand
{
    /// <summary>While no endpoint answers at a node's start.</summary>
    private static readonly TimeSpan s_warnEvery = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        Option<string> config = CommonOptions.Config(required: false);
        Option<string[]> rpc = Opt.Of<string[]>(
            "--rpc", "Check this endpoint too, without a configuration", "URL");
        Command command = new("doctor",
            "Check CPU, GPU, libraries, disk, clock, RPC, contracts and key file")
        {
            config, rpc,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            List<Finding> findings = await CheckAsync(
                parsed.GetValue(config), parsed.GetValue(rpc) ?? [], cancel).ConfigureAwait(false);
            Print(findings, parsed.GetValue(CommonOptions.Json));
            int wrong = findings.Count(finding => !finding.Ok);
            return wrong == 0
                ? ExitStatus.Done
                : throw new CommandException($"doctor: {wrong} of {findings.Count} checks failed "
                    + "(the lines above give the remedies)");
        });
        return command;
    }

    private static async Task<List<Finding>> CheckAsync(
        string? config, string[] rpc, CancellationToken cancel)
    {
        NodeConfiguration? configuration =
            config is null ? null : NodeConfiguration.Load(config);
        NodeOptions? options = configuration?.Options;
        List<Uri> endpoints = [.. options?.Rpc ?? []];
        endpoints.AddRange(rpc.Select(EndpointOf));
        bool https = endpoints.Exists(url => url.Scheme == Uri.UriSchemeHttps);
        List<Finding> findings =
        [
            MachineChecks.Cpu(),
            MachineChecks.Gpu(),
            MachineChecks.Libraries(),
            MachineChecks.Tls(https),
            MachineChecks.Disk(options?.Ledger ?? Environment.CurrentDirectory),
        ];
        if (configuration is not null)
        {
            findings.AddRange(await ConfigurationChecks.RunAsync(configuration, cancel)
                .ConfigureAwait(false));
        }

        List<Finding> asked = await ChainChecks.EndpointsAsync(endpoints, cancel)
            .ConfigureAwait(false);
        findings.AddRange(asked);
        if (configuration is not null && asked.Exists(finding => finding.Ok))
        {
            findings.AddRange(await NamedAsync(configuration, cancel).ConfigureAwait(false));
            findings.AddRange(await LedgerChecks.RunAsync(configuration,
                ConfigurationChecks.AddressOf(configuration.KeyFile), cancel)
                .ConfigureAwait(false));
        }

        return findings;
    }

    /// <summary>What <c>serve</c> looks at when it starts: whatever the chain knows to be wrong
    /// with this configuration goes to the log, because it costs money later.</summary>
    public static async Task WarnAsync(
        NodeConfiguration configuration, ILogger log, CancellationToken stop)
    {
        try
        {
            IReadOnlyList<Uri> endpoints = configuration.Options.Rpc;
            List<Finding> asked;
            while (!(asked = await ChainChecks.EndpointsAsync(endpoints, stop)
                .ConfigureAwait(false)).Exists(finding => finding.Ok))
            {
                await Task.Delay(s_warnEvery, stop).ConfigureAwait(false);
            }

            asked.AddRange(await NamedAsync(configuration, stop).ConfigureAwait(false));
            foreach (Finding finding in asked.Where(finding => !finding.Ok))
            {
                log.CostsMoney(finding.Name, finding.Text);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ChainException)
        {
            // The node ends, or says itself what is wrong with its endpoints.
        }
    }

    private static Task<List<Finding>> NamedAsync(
        NodeConfiguration configuration, CancellationToken cancel) => ChainChecks.NamedAsync(
            configuration.Options,
            ConfigurationChecks.AddressOf(configuration.KeyFile),
            ConfigurationChecks.AddressOf(configuration.PayerKeyFile),
            cancel);

    private static Uri EndpointOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
        ? uri
        : throw new UsageException("--rpc: a URL is wanted, as http://127.0.0.1:8545 (the one "
            + "given is not shown: it may hold a key)");

    private static void Print(List<Finding> findings, bool json)
    {
        if (json)
        {
            new Report().Add("checks", findings.ConvertAll(finding => new Report()
                .Add("name", finding.Name)
                .Add("ok", finding.Ok)
                .Add("text", finding.Text))).Print(json: true);
            return;
        }

        foreach (Finding finding in findings)
        {
            string mark = finding.Ok ? "ok    " : "WRONG ";
            Console.Out.WriteLine($"{mark}{finding.Name,-10}{finding.Text}");
        }
    }
}
