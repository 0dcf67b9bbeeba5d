using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary><c>doctor</c>: each part of the node's surroundings, ok or the remedy.</summary>
internal static class DoctorCommand
{
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
        endpoints.AddRange(rpc.Select(url => new Uri(url, UriKind.Absolute)));
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
            findings.Add(MachineChecks.Key(configuration.KeyFile));
        }

        if (endpoints.Count == 0)
        {
            return findings;
        }

        try
        {
            using JsonRpcClient client = new(
                new RpcOptions { Endpoints = endpoints }, TimeProvider.System);
            findings.AddRange(await ChainChecks.RunAsync(client, options?.Domain, cancel)
                .ConfigureAwait(false));
        }
        catch (ChainException failure)
        {
            findings.Add(new Finding("rpc", false, failure.Message));
        }

        return findings;
    }

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
