using System.CommandLine;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>key new FILE</c> and <c>key address FILE</c>.</summary>
internal static class KeyCommands
{
    public static Command Create()
    {
        Command key = new("key", "Make a key file, or show its address");
        key.Add(CreateNew());
        key.Add(CreateAddress());
        return key;
    }

    private static Command CreateNew()
    {
        Argument<string> file = FileArgument();
        return ReportCommand.Create(
            "new", "Make a key file of mode 0600; never overwrites", parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            Address address = KeyFile.Create(path);
            return new Report().Add("file", path).Add("address", address.ToString());
        }, file);
    }

    private static Command CreateAddress()
    {
        Argument<string> file = FileArgument();
        Command command = new("address", "Print the address of a key file") { file };
        command.SetAction(parsed =>
        {
            using PrivateKey key = KeyFile.Load(parsed.GetRequiredValue(file));
            if (parsed.GetValue(CommonOptions.Json))
            {
                new Report().Add("address", key.Address.ToString()).Print(json: true);
            }
            else
            {
                System.Console.Out.WriteLine(key.Address.ToString());
            }

            return ExitStatus.Done;
        });
        return command;
    }

    private static Argument<string> FileArgument() =>
        new("FILE") { Description = "64 hex digits; refused when group or others can read it" };
}
