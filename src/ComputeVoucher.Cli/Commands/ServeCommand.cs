using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>serve --config FILE</c>: the node.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        Option<string> config = CommonOptions.Config(required: false);
        Option<bool> help = Opt.Flag(
            "--print-config-help", "List every configuration key with its unit and default");
        Command command = new("serve", "Serve the pinned models for vouchers, until SIGTERM")
        {
            config, help,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(help))
            {
                Console.Out.Write(ConfigFile.Help());
                return ExitStatus.Done;
            }

            await RunAsync(parsed.GetValue(config) ?? throw new UsageException(
                "serve: --config FILE is wanted (see --print-config-help)"))
                .ConfigureAwait(false);
            return ExitStatus.Done;
        });
        return command;
    }

    private static async Task RunAsync(string config)
    {
        // First: a signal during the start is an orderly end too.
        using ServeSignals signals = new();
        ProcessGuard.KeepFilesPrivate();
        ulong descriptors = ProcessGuard.RaiseDescriptors();
        NodeConfiguration configuration = NodeConfiguration.Load(config);
        NodeOptions options = configuration.Options;
        using PrivateKey key = KeyFile.Load(configuration.KeyFile);
        using PrivateKey payer = KeyFile.Load(configuration.PayerKeyFile);
        NodeIdentity identity = new(
            key, payer, configuration.LoadClasses(), Libc.FillRandom);
        if (options.Synchronous == LedgerSynchronous.Off)
        {
            ErrorFunnel.Print("warning: ledger:synchronous is OFF, so a power cut loses "
                + "acknowledged units; set it to FULL for anything that is worth money");
        }

        using NodeLog log = new(
            configuration.LogLevel, configuration.FormatFor(!Console.IsErrorRedirected),
            Console.OpenStandardError(), TimeProvider.System);
        ulong wanted = ProcessGuard.DescriptorsWanted(options.Wire);
        if (descriptors < wanted)
        {
            log.DescriptorsFew(descriptors, wanted);
        }

        Reloading reloading = new(config, log);
        signals.Reload = reloading.RunLogged;
        NodeHost host = new(options, identity, TimeProvider.System, log)
        {
            Reload = reloading.Run,
            ModelsLoaded = () => HeapLimit.Set(options.Wire, log),
        };
        using CancellationTokenSource served = CancellationTokenSource
            .CreateLinkedTokenSource(signals.Stopped);
        Task looking = DoctorCommand.WarnAsync(configuration, log, served.Token);
        try
        {
            await host.RunAsync(signals.Stopped).ConfigureAwait(false);
        }
        finally
        {
            await served.CancelAsync().ConfigureAwait(false);
            await looking.ConfigureAwait(false);
        }
    }
}
