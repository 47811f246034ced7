// A small crictl for releases whose vendor packages none: the subcommands that kubeadm and this role call, over the
// CRI client that the Kubernetes source tree brings. Output is lines of names and ids; the exit status tells the rest.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1alpha2"
	"k8s.io/kubernetes/pkg/kubelet/cri/remote"
)

const usage = `usage: crictl [-r ENDPOINT] [-t SECONDS] COMMAND
  version                 name and version of the runtime
  info                    its status; fails where it does not answer
  pods [-q]               pod sandboxes            stopp ID...   rmp [-f] ID...
  ps [-a] [-q]            containers               stop ID...    rm [-f] ID...
  images [-q]             images                   pull IMAGE    inspecti IMAGE    rmi IMAGE...
  exec ID COMMAND...      run a command in a container`

func main() {
	endpoint := os.Getenv("CONTAINER_RUNTIME_ENDPOINT")
	timeout := 2 * time.Minute
	args := os.Args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value := strings.TrimLeft(args[0], "-"), ""
		args = args[1:]
		if at := strings.Index(name, "="); at >= 0 {
			name, value = name[:at], name[at+1:]
		} else if name != "v" && name != "version" && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		switch name {
		case "r", "runtime-endpoint":
			endpoint = value
		case "i", "image-endpoint":
		case "t", "timeout":
			parsed, err := time.ParseDuration(value)
			if err != nil {
				parsed, err = time.ParseDuration(value + "s")
			}
			check(err)
			timeout = parsed
		case "v", "version":
			fmt.Println("crictl of tsplay's source build")
			return
		default:
			fail(fmt.Sprintf("no such option: %s\n%s", name, usage))
		}
	}
	if len(args) == 0 {
		fail(usage)
	}
	if endpoint == "" {
		endpoint = configured()
	}
	if strings.HasPrefix(endpoint, "/") {
		endpoint = "unix://" + endpoint
	}
	runtime, err := remote.NewRemoteRuntimeService(endpoint, timeout)
	check(err)
	images, err := remote.NewRemoteImageService(endpoint, timeout)
	check(err)

	command, flags, rest := args[0], map[string]bool{}, []string{}
	for _, arg := range args[1:] {
		if len(rest) == 0 && strings.HasPrefix(arg, "-") {
			flags[strings.TrimLeft(arg, "-")] = true
		} else {
			rest = append(rest, arg)
		}
	}
	quiet := flags["q"] || flags["quiet"]
	force := flags["f"] || flags["force"]
	switch command {
	case "version":
		answer, err := runtime.Version("v1alpha2")
		check(err)
		fmt.Printf("RuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
			answer.RuntimeName, answer.RuntimeVersion, answer.RuntimeApiVersion)
	case "info":
		status, err := runtime.Status()
		check(err)
		show(map[string]interface{}{"status": status})
	case "pods":
		pods, err := runtime.ListPodSandbox(nil)
		check(err)
		for _, pod := range pods {
			line(quiet, pod.Id, pod.State.String(), pod.Metadata.Namespace+"/"+pod.Metadata.Name)
		}
	case "stopp":
		each(rest, runtime.StopPodSandbox)
	case "rmp":
		each(rest, func(id string) error {
			if force {
				if err := runtime.StopPodSandbox(id); err != nil {
					return err
				}
			}
			return runtime.RemovePodSandbox(id)
		})
	case "ps":
		containers(runtime, quiet, flags["a"] || flags["all"])
	case "stop":
		each(rest, func(id string) error { return runtime.StopContainer(id, 10) })
	case "rm":
		each(rest, func(id string) error {
			if force {
				if err := runtime.StopContainer(id, 0); err != nil {
					return err
				}
			}
			return runtime.RemoveContainer(id)
		})
	case "exec":
		if len(rest) < 2 {
			fail(usage)
		}
		out, errors, err := runtime.ExecSync(rest[0], rest[1:], timeout)
		os.Stdout.Write(out)
		os.Stderr.Write(errors)
		check(err)
	case "images":
		list, err := images.ListImages(nil)
		check(err)
		for _, image := range list {
			line(quiet, image.Id, fmt.Sprint(image.Size_), strings.Join(image.RepoTags, " "))
		}
	case "pull":
		each(rest, func(name string) error {
			id, err := images.PullImage(&runtimeapi.ImageSpec{Image: name}, nil, nil)
			if err == nil {
				fmt.Printf("Image is up to date for %s\n", id)
			}
			return err
		})
	case "inspecti":
		each(rest, func(name string) error {
			image, err := images.ImageStatus(&runtimeapi.ImageSpec{Image: name})
			if err == nil && image == nil {
				err = fmt.Errorf("no such image: %s", name)
			}
			if err == nil {
				show(map[string]interface{}{"status": image})
			}
			return err
		})
	case "rmi":
		each(rest, func(name string) error { return images.RemoveImage(&runtimeapi.ImageSpec{Image: name}) })
	default:
		fail(fmt.Sprintf("no such command: %s\n%s", command, usage))
	}
}

func containers(runtime internalapi.RuntimeService, quiet, all bool) {
	list, err := runtime.ListContainers(nil)
	check(err)
	for _, container := range list {
		if all || container.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
			line(quiet, container.Id, container.State.String(), container.Metadata.Name)
		}
	}
}

// configured reads the endpoint out of /etc/crictl.yaml, else takes containerd's.
func configured() string {
	text, err := os.ReadFile("/etc/crictl.yaml")
	if err == nil {
		for _, row := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(row, "runtime-endpoint:") {
				return strings.Trim(strings.TrimSpace(strings.TrimPrefix(row, "runtime-endpoint:")), `"'`)
			}
		}
	}
	return "unix:///run/containerd/containerd.sock"
}

func each(names []string, act func(string) error) {
	if len(names) == 0 {
		fail(usage)
	}
	for _, name := range names {
		check(act(name))
	}
}

func line(quiet bool, id string, columns ...string) {
	if quiet {
		fmt.Println(id)
	} else {
		fmt.Println(id + "  " + strings.Join(columns, "  "))
	}
}

func show(value interface{}) {
	text, err := json.MarshalIndent(value, "", "  ")
	check(err)
	fmt.Println(string(text))
}

func check(err error) {
	if err != nil {
		fail("FATA " + err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
