set(component_depends demo_cluster)
